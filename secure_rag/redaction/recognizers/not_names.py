"""Words that stand in the lists of names and are mostly something else in a text."""

from __future__ import annotations

from typing import Final

NOT_NAMES: Final = frozenset(
    """
    abbey acre adobe africa aires albany alberta alto amazon amber america angel angels apple
    april arc archer ares argos ark art ash ashes asia assembly aston atlas august aurora austin
    autumn avalon avon bach bacon baker bali ball banks barber barbour bard bark baron barry
    bass bath bay beach bean bear beau beck bell bench benz berlin berry best bird birch bishop
    black blake bliss block bloom blue boa bolt bond bones boot booth borough boss boston bow
    bowl box boy brand brave brazil bread breeze brent bridge bridges bright bristol britain
    british broad broads brook brooks brown browning buck bud bull burns bush butcher butler cam
    cambridge camden camel canal candy cannon canon cape cardinal care carol carpenter carr
    carter casa case cash castle cat celtic chad chain champion chance chandler chapel chapman
    charity charm chase chelsea cherry chester chestnut chi chicago chile china chip christ
    christian christmas chrome cicero cider clark clay clear clement clerk cliff clinton close
    cloud clove coal coast cobb coco coffee coke cole colon colt commerce commons con congo
    constable constant cook cool cooper coral cord core corner cornwall costa count court cove
    cox crane creek crescent cricket crisp croft cross crow crown crystal cuba cure curry
    cypress dakota dale dallas daly dame dan dawn day deacon deal dean dear deer delta den
    denmark derby devon diamond diego digital dirk divine dix dock dodge dollar dominic dominion
    don dove downs dragon drake draper dream drew drive dublin duke durham dusk dutch eagle earl
    early earth easter eastern eden edge egypt elder elm emerald empire english ernst essex
    ethics euro eve evergreen fair fairbanks fairfax faith falcon fall farm farmer faye ferry
    field fields finch fine finland fish fisher flag fleet flint flood flora florence florida
    flower flowers ford forest fort fountain fox france franco frank franklin freedom freeman
    french friday friend frost fruit fuller gala gale galleria gamble gap garden gardens gardner
    gate gates gay gem geneva genoa gentry georgia german germany ghana gibson ginger glade
    glass glen glory gold golden good grace grand grande grange grant granger graves gray great
    greece greek green greene greens grey grove guard guerra guild gulf gun hall ham hamburg
    hampshire hampton hand hang hanover harbor harbour harcourt hardy harley harmony hart
    harvard harvest haven hawk hawkins hay hazel head heart heath heather heaven heights hell
    henan herald hero herring hertz high hill hills hilton hind holiday holland holly hollywood
    home hong hood hoover hope horizon horn horne house houston hudson hull humble hunt hunter
    hyde ice ida imam india indian indiana iran iraq ireland iris iron israel italia italian
    ivory ivy jack jade jaguar jamaica japan jasmine java jay jersey jet jewel jo job jordan
    journal joy joyce judge judd jude jules july june junior jura justice kane kansas kent kenya
    key keys khan kilo kim king kings kingston kirk kit kitty kiwi knight kong korea kraft la
    lace lake lakes lamb lan lance land lane laurel law lawn lay leaf league leeds lee legion
    leicester lemon lens leo lexus liberty libra lily lima lime lincoln lion lisbon little live
    lodge logan lombard london long lord los lotus love low luck luna lux lyon ma macau madison
    madonna madrid magic magna mai major mali malta man manchester manila mansion manor maple
    march maria marina mariner mark market marks mars marsh marshall martin mary mason master
    masters maya mayo mead mears media medina melbourne melody memphis mercedes mercer merchant
    mercury mercy merit merry mexico mi miami mid midland mike milan mile miles mill miller
    mills min ming mini mint mo modern mohawk monaco monday money monk montana monte moon moor
    moore more morning moss motor mount muse music my myer myers nap napa naples nation national
    native neat nelson neon nero nevada new newcastle newman newport news newton niger nile nina
    noble norfolk norman normandy north norway norwich nova novel nun oak oakland oaks oasis
    ocean odyssey office ohio olive olympia omega opal orange orchard order oregon orient orion
    orlando oxford pace pacific page pages paine paisley palace palm palmer pan panama pansy
    paradise paris park parker parks parson pat path patience patrol pau pearl peer pen penn
    penny perry perth peru peter petra philadelphia phoenix piano pike pilgrim pilot pine pink
    pitt place plain plains plum plymouth poe point poland pole pollard polo pond poole poor pop
    pope poppy port porter portland portugal post potter pound power powers prairie prata
    preston price pride priest prime primrose prince princes princeton prior priory proctor
    prudence punch pure quay quebec queen queens quick quill rain raleigh ram ramada ran ranch
    ranger ransom raven ray reading rebel red reed reef regent reid renault rene republic rex
    rhine rhodes rice rich richmond ride ridge ring rio rise ritz river rivera rivers road robin
    rock rod rogers roman romania rome root rosario rose ross row rowan royal royce ruby rugby
    rush russell russia ruth rye saab sage sahara saint salem salon salt salvador sam samson san
    sand sandy santa santiago santos sapphire saturn savage savannah savoy sawyer saxon scot
    scotland scout sea seal seat seine senate senior serena seven severn shadow shah shannon
    sharp shaw sheffield shell shepherd sheridan sherman sherry shine shire shop short sicily
    sid sierra silk silva silver simple singer singh sky slade slate small smart snow solar
    soldier soles solo solomon somerset son sonata song sony south southern spain span spark
    sparks spencer spice spike spirit spring springs square st staff stafford stage stanford
    stanley star stark stars starr state station steel stein stella step sterling stern steward
    stewart still stirling stock stone stones storm story stout strand stream strong stuart
    sudan suffolk sugar summer summers summit sun sunday sunny sunrise surrey sussex swan sweden
    sweet swift swiss sydney syria tai taiwan tan tanner tate taurus taylor temple tennessee
    terrace texas thai thailand thames theo thistle thomas thorn thorpe tide tiger timber tin
    tokyo tower towers town trade trail tree trent trinidad trinity troy true trump tsar tucker
    tudor tulip turin turkey turner tyne tyler ulster union unity urban utah vale valley van
    venice venus vera vermont vernon verona victor victoria victory vienna viking villa village
    vincent vine violet virgin virginia vista vita vivid volt wade wagon wales walker wall
    waller walsh walton ward warden ware warner warsaw warwick washington water waters watt
    watts wave way wealth weaver webb webster week weir welcome well wellington wells welsh west
    western westminster wheat wheel wheeler white wide wild wilde will willow wills win windsor
    wine wing wings winner winter winters wisdom wise wolf wolfe wonder wood woods worth wren
    wright wynn yale york yorkshire young zen zion zone ali gene ding fang gang he ji jin ke li
    ling lu mei mu na nan pei peng ping po qi rong shan she shu sin so tang tao tian tong wan
    wei wen wu xi xian yan yang yin ying yong yu yuan yue yun ya bo da du fan fu ha hai hua jun
    lai lei lin liu luo ning chau do ho mac ngo phan ta tu vi vo vu thu tim tien duc bin al el
    ibn dos das del ben an can noh oh pak roh yoo ai aye ei moe oo su zaw asa mana kai koa noa
    tui rangi ola one nine ten six won gil bang mar sol paz cruz reyes ramos campos torres vega
    rios leal luz flor mira dias prado serra porto braga
    """.split()
)
"""They count as a name only beside one that is nothing else."""

AFTER_NAMES: Final = frozenset(
    """
    academy airport associates association avenue award awards bank bay beach boulevard bridge
    brothers building castle cathedral centre center church close club co coast college company
    cup corp corporation council county court crescent cross day deli district drive effect
    estate estates fc field fields forest foundation fund gallery garden gardens gate gmbh green
    group grove hall harbour harbor heights high hill hills holdings hospital hotel house inc
    industries inn institute international island islands junction kg lake lane law library
    limited llc llp lodge ltd manor market medal memorial mews mountain mountains museum news
    north ocean office park parade partners partnership peak peninsula place plaza plc port
    press primary prize province quay republic reservoir restaurant ridge river road rooms row
    school schools sea secondary securities services society sons south square stadium station
    stores strait street studio studios syndrome systems technologies terrace theatre theater
    theorem times tower town township trail trust united university valley view village ward way
    west wharf works yard
    """.split()
)
"""What a name before them belongs to is a place, a firm or a thing."""

PLACE_WORDS: Final = frozenset(
    "san santa santo saint st ste sao mount mt fort ft port lake los las cape river isle rio "
    "university hotel hms uss rms new north south east west upper lower great la el".split()
)
"""What a name behind them belongs to is a place."""
