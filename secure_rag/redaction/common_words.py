"""Capitalised words that are no part of a name on their own, however a name contains them."""

from __future__ import annotations

from typing import Final

COMMON_WORDS: Final = frozenset(
    """
    a about above account accounts act action address after again against agreement all also
    always am among an and annex annual another any anyone appendix application april are area
    article as ask at august australia author back bank be because been before below best
    between big bill board body both business but by call can cannot care case cases centre
    center change chapter chief child children city claim clause client clients clinic college
    committee company contact contract control copy cost council country county court customer
    customers data date day days dear december department did director do doctor document does
    done down draft due during each east email employee employees end england english euro
    european even every example except executive february fee few file final finance first
    follow for force form found four free friday from full fund further future general gave get
    give given go good government group had half hand has have he head health hello help her
    here high him his hospital hour hours house how however human i if important in include
    including income information inside insurance into invoice is issue it item its january job
    july june just keep kept key kind know known last late later law lawyer leave legal less let
    letter level life like limited line list loan local london long made mail main make manager
    many march market may me medical meeting member memo might minute monday money month months
    more most mr mrs ms much must my name national need never new next night no none nor north
    not note notes nothing notice november now number october of off offer office officer often
    old on once one online only open or order other our out over own owner page paid paper part
    party past patient payment people per period person phone place plan please point policy
    post president price private problem product program project property provide public purpose
    question quarter re read real reason received record records reference regarding regards
    report request residence result return review right road role room rule sale same saturday
    say school second secretary section security see send senior september service services set
    several shall she short should side sign signed since sir site six small so some south staff
    start state states statement status still street study subject such sunday support system
    take tax team telephone tenant term terms test than thank thanks that the their them then
    there therefore these they thing third this those three through thursday time title to today
    together told tomorrow too total town treatment trust tuesday two type uk under union unit
    united university until up upon us usa use used value very version via view wage was water
    way we website wednesday week weeks well went were west what when where whether which while
    who whole whose why will with within without work would write year years yes yesterday you
    young your yours
    """.split()
)
