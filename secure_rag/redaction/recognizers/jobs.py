"""Occupations, where the form of the text says that somebody has one.

`The doctor will see the tenant` names nobody; a line of its own under a name, an apposition
(`Marie Lang, the packager, said`) or `works as a nurse` does.
"""

from __future__ import annotations

import re
from typing import Final

HEADS: Final = frozenset(
    """
    accountant actor actress actuary adjuster administrator adviser advisor agent aide ambassador
    analyst anesthesiologist anthropologist apprentice arborist archaeologist architect archivist
    artist assembler assessor assistant associate astronomer athlete attendant attorney auctioneer
    auditor author baker banker barber barista barrister bartender beautician biochemist biologist
    blacksmith boilermaker bookkeeper botanist brakeman bricklayer broker builder butcher buyer
    captain cardiologist caregiver carer caretaker carpenter cartographer caseworker cashier ceo cfo
    chairman chairperson chairwoman chauffeur chef chemist chiropractor choreographer
    cinematographer cleaner clerk coach collector columnist commissioner composer concierge
    conductor conservator consultant contractor controller cook coordinator copywriter coroner
    correspondent cosmetologist councillor counsel counsellor counselor courier critic cto curator
    dancer dealer dean decorator demonstrator dentist dermatologist designer detective developer
    dietitian director dispatcher distributor diver doctor doorman dpo dressmaker driver
    echocardiographer ecologist economist editor educator electrician embalmer employee engineer
    engraver entertainer entrepreneur epidemiologist estimator examiner executive exterminator
    fabricator farmer fireman firefighter fisherman fitter florist foreman forester founder
    gardener geographer geologist geophysicist glazier governor grader guard guide
    gynecologist hairdresser handler headmaster headteacher historian host hostess housekeeper
    hygienist illustrator inspector installer instructor interpreter interviewer inventor
    investigator investor ironworker janitor jeweler jeweller joiner journalist judge
    laborer labourer landscaper lawyer lecturer legislator librarian lifeguard lineman
    lithographer loader locksmith logger machinist magistrate maid manager marketer mason
    mathematician mechanic mediator merchandiser merchant messenger metallurgist meteorologist
    microbiologist midwife miller miner minister model modeler molder mover musician nanny
    negotiator neurologist neurosurgeon notary novelist nurse nutritionist obstetrician officer
    oncologist operative operator optician optometrist orderly orthodontist orthotist owner packager
    packer paediatrician painter paralegal paramedic partner pathologist pediatrician pharmacist
    philosopher photographer physician physicist physiologist physiotherapist pilot planner
    plasterer plumber podiatrist poet policeman policewoman policymaker politician porter
    postman postmaster potter practitioner preacher presenter president priest principal printer
    producer professor programmer projectionist proofreader prosecutor psychiatrist psychologist
    publicist publisher radiographer radiologist ranger realtor receptionist recruiter referee
    registrar repairer reporter representative researcher retailer reviewer roofer sailor
    salesman salesperson saleswoman scheduler scientist scout sculptor seamstress secretary
    senator sergeant server setter sexton shepherd sheriff singer sociologist soldier solicitor
    songwriter sonographer specialist statistician steward stewardess stockbroker strategist
    student stylist superintendent supervisor surgeon surveyor tailor tanner teacher technician
    technologist telemarketer teller therapist tiler toolmaker trader trainer trainee translator
    treasurer tuner tutor typist umpire undertaker underwriter upholsterer usher valet
    veterinarian vet vice-president videographer waiter waitress waiter warden watchmaker weaver
    welder wholesaler woodworker worker writer zoologist
    """.split()
)
"""The last word of an occupation: `network and computer systems administrator`."""

_MARKS: Final = " \t?*•>-|"
_NAME_LINE: Final = re.compile(r"[^\W\d_][^\d:;|=<>@/]{2,50}\Z")
_JOB_LINE: Final = re.compile(r"[^\W\d_][\w'/&.+-]*(?:,?[ ][^\W\d_&][\w'/&.+-]*|[ ]&){0,6}\Z")
_NO_JOB: Final = frozenset(
    "the a an my our your his her their this that every each all no we you i see ask dear to from "
    "by for with new old both any some".split()
)
_APPOSITION: Final = re.compile(
    r"[^\W\d_][\w'.-]*,[ ](?:(?:the|a|an|our|his|her|then|former)[ ])?"
    r"(?P<job>(?:[^\W\d_][\w'/-]*,?[ ]){0,5})\Z"
)
_AS: Final = re.compile(
    r"\b(?:(?:work(?:s|ed|ing)?|employed|serv(?:es|ed|ing)|trained|qualified|appointed|hired|job|"
    r"career|practi[sc](?:es|ed|ing)|post|position|retired)[ ]as|(?:he|she|I|who)[ ](?:is|was|am)"
    r")[ ]"
    r"(?:(?:an?|the)[ ])?(?P<job>(?:[^\W\d_][\w'/-]*[ ]){0,4})\Z",
    re.IGNORECASE,
)
_REACH: Final = 90


def job_at(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the occupation that ends with a listed word, if its place says that it is one."""
    line = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    last = len(text) if last < 0 else last
    if not text[end:last].strip():
        return _own_line(text, line, end)
    before = text[max(line, start - _REACH) : start]
    match = _AS.search(before)
    if match is None and text[end : end + 1] in ",.)":
        match = _APPOSITION.search(before)
        if match and not match.group()[0].isupper():
            match = None
    if match is None:
        return None
    words = match.group("job").split()
    if any(word.lower() in _NO_JOB for word in words):
        return None
    return start - len(match.group("job")), end


def _own_line(text: str, line: int, end: int) -> tuple[int, int] | None:
    """Take a line that is an occupation under a line that may be a name."""
    first = line
    while first < end and text[first] in _MARKS:
        first += 1
    value = text[first:end]
    if not _JOB_LINE.match(value) or value.split()[0].lower() in _NO_JOB or line == 0:
        return None
    above = text[max(0, line - _REACH) : line].rstrip()
    above = above[above.rfind("\n") + 1 :].strip(_MARKS)
    if not _NAME_LINE.match(above) or len(above.split()) > 5 or above.endswith((",", ".", "!")):
        return None
    return first, end
