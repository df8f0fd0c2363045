"""Cities and regions with the country they lie in, for generalising and for finding places.

Written down from general knowledge. A question mark marks a name that is also a common word or
a person's name (`Reading`, `Florence`): it is looked up when something else has found a place,
and never found by itself.
"""

from __future__ import annotations

from typing import Final

_CITIES: Final = """
United Kingdom: London Birmingham Manchester Leeds Glasgow Edinburgh Liverpool Bristol Sheffield
 Cardiff Belfast Newcastle Nottingham Leicester Coventry Bradford Hull Plymouth Southampton
 Portsmouth Derby? Stoke-on-Trent Wolverhampton Norwich Exeter York Bath? Oxford Cambridge Brighton
 Reading? Luton Swansea Aberdeen Inverness Dundee Stirling? Perth Chester? Lincoln? Worcester
 Gloucester Cheltenham Ipswich Colchester Chelmsford Peterborough Northampton Bournemouth
 Middlesbrough Sunderland Preston? Blackpool Bolton Stockport Rochdale Oldham Salford Wigan
 Huddersfield Halifax Wakefield Doncaster Rotherham Barnsley Darlington Durham Carlisle
 Lancaster Harrogate Shrewsbury Telford Hereford Salisbury Winchester Guildford Woking Slough
 Basingstoke Swindon Maidstone Canterbury Dover Hastings Eastbourne Croydon Watford Stevenage
 Milton_Keynes Londonderry Newport Wrexham Truro Taunton Torquay Kent Surrey Essex Sussex
 West_Sussex East_Sussex Hampshire Devon Cornwall Somerset Dorset Wiltshire Yorkshire
 West_Yorkshire North_Yorkshire South_Yorkshire Lancashire Cheshire Cumbria Norfolk Suffolk
 Merseyside Tyne_and_Wear West_Midlands Greater_Manchester County_Durham Hertfordshire
 Bedfordshire Buckinghamshire Berkshire Oxfordshire Gloucestershire Warwickshire Staffordshire
 Derbyshire Nottinghamshire Leicestershire Lincolnshire Northamptonshire Cambridgeshire
 Shropshire Herefordshire Worcestershire Northumberland Middlesex
Ireland: Dublin Cork? Galway Limerick? Waterford Kilkenny Sligo Wexford Dundalk Drogheda Tralee
 County_Cork County_Kerry County_Mayo Donegal
United States: New_York New_York_City Los_Angeles Chicago Houston Phoenix? Philadelphia San_Antonio
 San_Diego Dallas San_Jose Austin? Jacksonville Fort_Worth Columbus Charlotte? San_Francisco
 Indianapolis Seattle Denver Washington_DC Washington? Boston Nashville El_Paso Detroit
 Oklahoma_City Portland Las_Vegas Memphis Louisville Baltimore Milwaukee Albuquerque Tucson Fresno
 Sacramento Mesa? Kansas_City Atlanta Omaha Colorado_Springs Raleigh Miami Long_Beach Oakland
 Minneapolis Tulsa Tampa Arlington New_Orleans Wichita Cleveland Bakersfield Honolulu Anaheim
 Santa_Ana Saint_Paul St._Louis St._Paul Pittsburgh Cincinnati Anchorage Orlando Newark Toledo
 Lincoln? Buffalo? Fort_Wayne Jersey_City Chandler? Laredo Lubbock Reno? Scottsdale Glendale
 Baton_Rouge Norfolk Spokane Richmond? Fremont Boise San_Bernardino Birmingham Rochester
 Des_Moines Tacoma Fontana Salt_Lake_City Huntsville Tallahassee Knoxville Worcester Providence?
 Chattanooga Sioux_Falls Eugene? Salem Springfield Pasadena Savannah? Charleston Ann_Arbor
 Brooklyn Manhattan Queens? Bronx Staten_Island Hollywood Silicon_Valley Hartford New_Haven
 Alabama Alaska Arizona Arkansas California Colorado Connecticut Delaware Florida Hawaii Idaho
 Illinois Indiana Iowa Kansas Kentucky Louisiana Maine Maryland Massachusetts Michigan Minnesota
 Mississippi Missouri Montana Nebraska Nevada New_Hampshire New_Jersey New_Mexico North_Carolina
 North_Dakota Ohio Oklahoma Oregon Pennsylvania Rhode_Island South_Carolina South_Dakota Tennessee
 Texas Utah Vermont Virginia? West_Virginia Wisconsin Wyoming
Canada: Toronto Montreal Montréal Vancouver Ottawa Calgary Edmonton Winnipeg Quebec Québec
 Quebec_City Hamilton? Halifax Victoria? Regina? Saskatoon Kitchener Mississauga Brampton
 Ontario British_Columbia Alberta Manitoba Saskatchewan Nova_Scotia New_Brunswick Newfoundland
Australia: Sydney? Melbourne Brisbane Perth Adelaide? Canberra Hobart Darwin? Newcastle Geelong
 Cairns Gold_Coast Townsville Ballarat Bendigo Wollongong Queensland New_South_Wales Tasmania
 South_Australia Western_Australia
New Zealand: Auckland Wellington? Christchurch Hamilton? Dunedin Tauranga Rotorua Invercargill
France: Paris? Lyon Lyons Marseille Marseilles Toulouse Nice? Nantes Strasbourg Montpellier Bordeaux
 Lille Rennes Reims Le_Havre Saint-Étienne Toulon Grenoble Dijon Angers? Nîmes Aix-en-Provence
 Clermont-Ferrand Brest Tours? Amiens Limoges Metz Besançon Perpignan Orléans Caen Mulhouse Rouen
 Nancy? Avignon Cannes Versailles Calais Normandy Brittany? Provence Alsace Corsica Burgundy
Germany: Berlin Hamburg Munich München Cologne? Köln Frankfurt Frankfurt_am_Main Stuttgart
 Düsseldorf Leipzig Dortmund Essen? Bremen Dresden Hanover Hannover Nuremberg Nürnberg Duisburg
 Bochum Wuppertal Bielefeld Bonn Münster Mannheim Karlsruhe Augsburg Wiesbaden Mönchengladbach
 Gelsenkirchen Aachen Braunschweig Kiel Chemnitz Halle Magdeburg Freiburg Krefeld Mainz Lübeck
 Erfurt Rostock Kassel Saarbrücken Potsdam Oldenburg Heidelberg Darmstadt Regensburg Würzburg
 Ulm Jena Trier Bavaria Saxony Hesse? Thuringia Brandenburg Baden-Württemberg Lower_Saxony
 North_Rhine-Westphalia
Austria: Vienna Wien Graz Linz Salzburg Innsbruck Klagenfurt Villach Wels Bregenz Tyrol Carinthia
 Styria Vorarlberg
Switzerland: Zurich Zürich Geneva Genève Basel Bern Berne Lausanne Winterthur Lucerne Luzern
 St._Gallen Lugano Zug Neuchâtel Fribourg Ticino
Italy: Rome Roma Milan? Milano Naples Napoli Turin Torino Palermo Genoa Bologna Florence? Firenze
 Bari Catania Venice Venezia Verona? Messina Padua Trieste Brescia Parma Modena? Reggio_Calabria
 Perugia Ravenna Livorno Cagliari Rimini Salerno Ferrara Sassari Siena? Pisa Bergamo Trento
 Tuscany Lombardy Sicily Sardinia Veneto Calabria Puglia Umbria Piedmont
Spain: Madrid Barcelona Valencia Seville Sevilla Zaragoza Saragossa Málaga Malaga Murcia Palma
 Bilbao Alicante Córdoba Valladolid Vigo Gijón Granada Vitoria Oviedo Pamplona San_Sebastián
 Santander Toledo Salamanca Cádiz Marbella Catalonia Andalusia Galicia Basque_Country Tenerife
 Majorca Mallorca Ibiza
Portugal: Lisbon Lisboa Porto Oporto Braga Coimbra Funchal Faro Aveiro Setúbal Madeira? Algarve
 Azores
Netherlands: Amsterdam Rotterdam The_Hague Utrecht Eindhoven Tilburg Groningen Almere Breda Nijmegen
 Enschede Haarlem Arnhem Zoetermeer Leiden Maastricht Delft Dordrecht
Belgium: Brussels Antwerp Antwerpen Ghent Gent Bruges Brugge Charleroi Liège Leuven Namur Mons?
 Mechelen Ostend Flanders Wallonia
Luxembourg: Luxembourg_City
Denmark: Copenhagen København Aarhus Odense Aalborg Esbjerg Randers Kolding Horsens Vejle Roskilde
 Helsingør
Sweden: Stockholm Gothenburg Göteborg Malmö Uppsala Västerås Örebro Linköping Helsingborg Jönköping
 Norrköping Lund Umeå Gävle Karlstad
Norway: Oslo Bergen Trondheim Stavanger Drammen Fredrikstad Kristiansand Tromsø Bodø Ålesund
Finland: Helsinki Espoo Tampere Vantaa Oulu Turku Jyväskylä Lahti Kuopio Pori Rovaniemi
Iceland: Reykjavik Reykjavík Akureyri Kópavogur
Poland: Warsaw Warszawa Kraków Krakow Cracow Łódź Lodz Wrocław Wroclaw Poznań Poznan Gdańsk Gdansk
 Szczecin Bydgoszcz Lublin Białystok Katowice Gdynia Częstochowa Radom Toruń Rzeszów Kielce
 Gliwice Olsztyn Silesia
Czech Republic: Prague Praha Brno Ostrava Plzeň Pilsen Liberec Olomouc České_Budějovice Pardubice
 Karlovy_Vary Moravia Bohemia
Slovakia: Bratislava Košice Prešov Žilina Nitra Trnava Trenčín
Hungary: Budapest Debrecen Szeged Miskolc Pécs Győr Nyíregyháza
Romania: Bucharest București Cluj-Napoca Cluj Timișoara Timişoara Timisoara Iași Iaşi Constanța
 Craiova Brașov Galați Oradea Ploiești Sibiu Transylvania
Bulgaria: Sofia? Plovdiv Varna Burgas Ruse? Stara_Zagora Pleven
Greece: Athens Thessaloniki Patras Heraklion Larissa Piraeus Volos Rhodes? Crete Corfu
Cyprus: Nicosia Limassol Larnaca Paphos Famagusta Kyrenia
Turkey: Istanbul İstanbul Ankara Izmir İzmir Bursa Adana Antalya Konya Gaziantep Diyarbakır
 Diyarbakir Mersin Kayseri Eskişehir Trabzon Şırnak Hakkari Tunceli Batman? Mardin Elazığ Malatya
Russia: Moscow St_Petersburg St._Petersburg Saint_Petersburg Novosibirsk Yekaterinburg Kazan
 Nizhny_Novgorod Chelyabinsk Samara Omsk Rostov-on-Don Ufa Krasnoyarsk Voronezh Perm? Volgograd
 Krasnodar Grozny Vladivostok Kaliningrad Sochi Chechnya Dagestan Ingushetia Siberia Tatarstan
Ukraine: Kyiv Kiev Kharkiv Kharkov Odesa Odessa Dnipro Donetsk Lviv Zaporizhzhia Mykolaiv Mariupol
 Luhansk Kherson Poltava Chernihiv Crimea Donbas
Moldova: Chișinău Chişinău Chisinau Tiraspol Bălți Transdniestria Transnistria
Belarus: Minsk Brest Grodno Gomel Vitebsk
Estonia: Tallinn Tartu Narva Pärnu
Latvia: Riga Daugavpils Liepāja Jelgava
Lithuania: Vilnius Kaunas Klaipėda Šiauliai
Slovenia: Ljubljana Maribor Celje Kranj Koper
Croatia: Zagreb Split? Rijeka Osijek Zadar Dubrovnik Istria Dalmatia
Serbia: Belgrade Beograd Novi_Sad Niš Kragujevac Vojvodina
Bosnia and Herzegovina: Sarajevo Banja_Luka Tuzla Mostar Srebrenica
Albania: Tirana Durrës Vlorë
North Macedonia: Skopje Bitola Ohrid
Kosovo: Pristina Prishtina Prizren
Montenegro: Podgorica Budva
Georgia: Tbilisi Batumi Kutaisi Abkhazia South_Ossetia
Armenia: Yerevan Gyumri Nagorno-Karabakh
Azerbaijan: Baku Ganja Sumgait
Malta: Valletta Sliema
Egypt: Cairo Alexandria? Giza Luxor Aswan
Morocco: Casablanca Rabat Marrakesh Marrakech Fez Tangier Agadir
Tunisia: Tunis Sfax Sousse
Algeria: Algiers Oran
Libya: Tripoli Benghazi
Nigeria: Lagos Abuja Kano Ibadan Port_Harcourt Kaduna Benin_City Enugu
Ghana: Accra Kumasi
Senegal: Dakar
Kenya: Nairobi Mombasa Kisumu Nakuru
Uganda: Kampala Entebbe
Tanzania: Dar_es_Salaam Dodoma Zanzibar
Rwanda: Kigali
Ethiopia: Addis_Ababa
Somalia: Mogadishu
Sudan: Khartoum Darfur
South Africa: Johannesburg Cape_Town Durban Pretoria Soweto Bloemfontein Port_Elizabeth Gauteng
 KwaZulu-Natal
Zimbabwe: Harare Bulawayo
Zambia: Lusaka
Israel: Tel_Aviv Jerusalem Haifa Beersheba
Palestine: Gaza Ramallah Hebron West_Bank
Lebanon: Beirut Sidon
Jordan: Amman Aqaba
Syria: Damascus Aleppo Homs
Iraq: Baghdad Basra Mosul Erbil Kirkuk Fallujah
Iran: Tehran Mashhad Isfahan Shiraz Tabriz
Saudi Arabia: Riyadh Jeddah Mecca Medina Dammam
United Arab Emirates: Dubai Abu_Dhabi Sharjah
Qatar: Doha
Kuwait: Kuwait_City
Oman: Muscat
Yemen: Sanaa Aden
Afghanistan: Kabul Kandahar Herat Helmand
Pakistan: Karachi Lahore Islamabad Rawalpindi Faisalabad Peshawar Multan Quetta Sindh
India: Mumbai Bombay Delhi New_Delhi Bangalore Bengaluru Hyderabad Chennai Madras Kolkata Calcutta
 Pune Ahmedabad Jaipur Surat Lucknow Kanpur Nagpur Indore Bhopal Patna Kochi Goa Chandigarh
 Kerala Gujarat Maharashtra Tamil_Nadu Karnataka Rajasthan Uttar_Pradesh West_Bengal Kashmir
 Assam Bihar Telangana
Bangladesh: Dhaka Chittagong Chattogram Sylhet Khulna
Sri Lanka: Colombo? Kandy
Nepal: Kathmandu Pokhara
China: Beijing Peking? Shanghai Shenzhen Guangzhou Canton? Chengdu Chongqing Tianjin Wuhan Nanjing
 Hangzhou Xi'an Suzhou Harbin Qingdao Dalian Tibet Xinjiang Guangdong Sichuan
Taiwan: Taipei Kaohsiung Taichung
Japan: Tokyo Osaka Kyoto Yokohama Nagoya Sapporo Kobe? Fukuoka Hiroshima Nagasaki Sendai Okinawa
South Korea: Seoul Busan Incheon Daegu Daejeon
North Korea: Pyongyang
Vietnam: Hanoi Ho_Chi_Minh_City Saigon Da_Nang
Thailand: Bangkok Chiang_Mai Phuket Pattaya
Cambodia: Phnom_Penh Siem_Reap
Myanmar: Yangon Rangoon Mandalay
Malaysia: Kuala_Lumpur Penang Johor_Bahru Selangor
Indonesia: Jakarta Surabaya Bandung Medan Bali Yogyakarta Aceh Sumatra Borneo
Philippines: Manila Quezon_City Cebu Davao Mindanao Luzon
Mongolia: Ulaanbaatar Ulan_Bator
Kazakhstan: Almaty Astana
Uzbekistan: Tashkent Samarkand
Tajikistan: Dushanbe
Kyrgyzstan: Bishkek
Turkmenistan: Ashgabat
Mexico: Mexico_City Guadalajara Monterrey Puebla Tijuana Cancún Cancun Oaxaca Acapulco Juárez
Guatemala: Guatemala_City
Cuba: Havana
Jamaica: Montego_Bay
Haiti: Port-au-Prince
Dominican Republic: Santo_Domingo
Trinidad and Tobago: Port_of_Spain
Puerto Rico: San_Juan
Costa Rica: Alajuela
Panama: Panama_City
Colombia: Bogotá Bogota Medellín Medellin Cali? Barranquilla Cartagena
Venezuela: Caracas Maracaibo
Ecuador: Quito Guayaquil
Peru: Lima? Cusco Arequipa
Bolivia: La_Paz Cochabamba
Chile: Santiago? Valparaíso Valparaiso Concepción
Argentina: Buenos_Aires Rosario? Mendoza? Patagonia
Uruguay: Montevideo
Paraguay: Asunción
Brazil: São_Paulo Sao_Paulo Rio_de_Janeiro Brasília Brasilia Salvador? Fortaleza Belo_Horizonte
 Manaus Curitiba Recife Porto_Alegre Belém Goiânia Campinas Florianópolis Minas_Gerais Bahia
"""

_WIDER: Final = """
Europe Asia Africa Oceania Scandinavia Antarctica
North_America South_America Latin_America Central_America Middle_East Western_Europe
Eastern_Europe Southeast_Asia South-East_Asia Central_Asia West_Africa East_Africa North_Africa
Balkans Caucasus North_Caucasus Mediterranean
"""


def _read() -> tuple[dict[str, str], frozenset[str], frozenset[str]]:
    places: dict[str, str] = {}
    unsure: set[str] = set()
    ambiguous: set[str] = set()
    for entry in _CITIES.replace("\n ", " ").strip().splitlines():
        country, _, names = entry.partition(":")
        for name in names.split():
            plain = name.rstrip("?").replace("_", " ").casefold()
            if places.setdefault(plain, country) != country:
                ambiguous.add(plain)
            if name.endswith("?"):
                unsure.add(plain)
    return places, frozenset(unsure), frozenset(ambiguous)


PLACES, UNSURE_PLACES, AMBIGUOUS = _read()
"""Small-letter name -> country; those found only where something says `place`; those that lie in
several countries."""

WIDER: Final = frozenset(name.replace("_", " ").casefold() for name in _WIDER.split())
"""Parts of the world that hold many countries."""
