"""Build the example documents that are not plain text, from the words in this file.

Run from the root of a checkout, with the test dependencies installed:

    .venv/bin/python examples/build_documents.py

All people, firms, numbers and events are invented.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from docx import Document
from odf.opendocument import OpenDocumentText
from odf.style import Style, TextProperties
from odf.text import H, P
from openpyxl import Workbook
from openpyxl.comments import Comment
from pptx import Presentation
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

HERE = Path(__file__).resolve().parent / "documents"
WHEN = dt.datetime(2026, 3, 2, 9, 0, 0)

Section = tuple[str, list[str]]

LEASE: list[Section] = [
    (
        "Parties",
        [
            "Landlord: Harbour Street Properties Ltd, 5 Harbour Street, Whitby YO22 4BH, "
            "represented by Graham Pickering.",
            "Tenant: Anna Novak, born on 11 May 1988, at present 40 Skinner Street, Whitby YO21 3AJ, "
            "anna.novak@postbox.example, 07700 900482.",
        ],
    ),
    (
        "Premises",
        [
            "The landlord lets to the tenant the flat on the second floor of 9 Cliff Lane, "
            "Whitby YO21 3LF, with three rooms, a kitchen and a bathroom, 74 square metres in all.",
        ],
    ),
    (
        "Term",
        [
            "The lease begins on 1 April 2024. It ends on 31 March 2027. "
            "Anna Novak may extend it once by two years if she asks for it in writing at least "
            "six months before the end.",
        ],
    ),
    (
        "Rent and deposit",
        [
            "The rent is 945 pounds a month and is due on the third working day of each month. "
            "The deposit is 1,090 pounds and is held by a deposit scheme.",
            "The rent is paid to IBAN GB29 NWBK 6016 1331 9268 19.",
        ],
    ),
    (
        "Repairs",
        [
            "The landlord keeps the structure, the heating and the windows in repair. The tenant "
            "reports damage without delay. Small repairs up to 80 pounds are borne by Ms Novak.",
        ],
    ),
    ("Signatures", ["Whitby, 4 March 2024", "Graham Pickering        Anna Novak"]),
]

OFFER: list[Section] = [
    (
        "Offer of employment",
        [
            "Dear Ms Okafor,",
            "we are delighted to offer you the position of Senior Surveyor at Larchfield Housing "
            "Association. You report to Helen Marchetti.",
        ],
    ),
    (
        "Start and probation",
        [
            "The employment starts on 4 May 2026. The probation period is six months. During "
            "probation either side may give one week of notice.",
        ],
    ),
    (
        "Pay and benefits",
        [
            "The salary is 43,800 pounds a year. You have 27 days of holiday and a pension "
            "contribution of nine per cent.",
        ],
    ),
    (
        "Next steps",
        [
            "Please send your National Insurance number and a copy of your passport to Patricia "
            "Holloway, patricia.holloway@larchfield.example, before 10 April 2026.",
            "Yours sincerely, Patricia Holloway",
        ],
    ),
]

DISCHARGE: list[Section] = [
    (
        "Discharge letter",
        [
            "Patient: Hiroshi Tanaka, date of birth 23 November 1971, NHS number 450 557 7104, "
            "medical record number MRN-561177.",
            "Admitted on 8 March 2026, discharged on 12 March 2026, St Aidan's Hospital, Ward 6.",
        ],
    ),
    ("Diagnosis", ["Acute appendicitis without perforation."]),
    (
        "Course",
        [
            "Mr Tanaka was admitted with pain in the right lower abdomen and a temperature of "
            "38.4 degrees. Laparoscopic appendectomy was performed on 9 March 2026 by "
            "Dr Leila Haddad. The wound healed well. He was eating normally from the second day.",
        ],
    ),
    (
        "Medication on discharge",
        [
            "Paracetamol 1 g up to four times a day for five days. No antibiotics are needed.",
        ],
    ),
    (
        "Follow-up",
        [
            "The stitches are removed by the practice after ten days. Mr Tanaka should not lift more "
            "than five kilograms for four weeks. He can be reached on 0191 498 0733.",
            "Dr Leila Haddad, consultant surgeon",
        ],
    ),
]

MAINTENANCE: list[list[Section]] = [
    [
        (
            "Maintenance agreement",
            [
                "between Calder Lift Services Ltd, 88 Foundry Road, Halifax HX1 5AR, and Larchfield "
                "Housing Association, 3 Mill Row, Leeds LS2 8BN.",
                "Agreement number CLS-2025-0417. Signed on 21 August 2025 by Robert Entwistle for "
                "Calder Lift Services and Helen Marchetti for Larchfield.",
            ],
        ),
        (
            "1. Scope",
            [
                "Calder Lift Services maintains 23 passenger lifts in 14 buildings. Each lift is "
                "inspected every six weeks. The inspection covers ropes, brakes, doors, the emergency "
                "call and the lighting of the cabin.",
            ],
        ),
        (
            "2. Response times",
            [
                "If a person is trapped, an engineer is on site within 45 minutes at any hour. Other "
                "faults are attended to within eight working hours.",
            ],
        ),
    ],
    [
        (
            "3. Price",
            [
                "The yearly price is 31,740 pounds plus VAT, paid in four equal parts. Spare parts "
                "above 150 pounds are charged at cost plus twelve per cent.",
            ],
        ),
        (
            "4. Term and notice",
            [
                "The agreement runs for two years from 1 September 2025. It is extended by one year "
                "each time unless it is ended with 90 days of notice before the end of a term.",
            ],
        ),
        (
            "5. Contacts",
            [
                "Emergency desk: 01422 496 0990. Contract questions: Robert Entwistle, "
                "robert.entwistle@calderlifts.example.",
            ],
        ),
    ],
]

INCIDENT: list[list[Section]] = [
    [
        (
            "Incident response plan",
            [
                "Version 3, in force from February 2026. Owner: Information Security.",
            ],
        ),
        (
            "Who decides",
            [
                "The incident lead decides. The incident lead is the head of Information Security or, "
                "at night, the engineer on call.",
            ],
        ),
        (
            "First hour",
            [
                "The affected machine is cut off from the network but not switched off. Its memory is "
                "copied before anything else is done. Nobody writes to the attacker.",
            ],
        ),
    ],
    [
        (
            "Notification",
            [
                "A breach of personal data is reported to the supervisory authority within 72 hours "
                "after it became known. The people concerned are told without delay when the risk to "
                "them is high.",
            ],
        ),
        (
            "Review",
            [
                "A review is held within ten working days after the incident is closed. Its findings "
                "go to the board.",
            ],
        ),
    ],
]

REFERENCE: list[list[Section]] = [
    [
        (
            "Reference for Samuel Adeleke",
            [
                "Samuel Adeleke worked for us as a payroll clerk from June 2021 to January 2026.",
                "He prepared the monthly pay of 310 employees with great care. In his last year the "
                "share of corrections fell from four per cent to one per cent. Colleagues valued his "
                "patience and his dry humour.",
                "Mr Adeleke leaves at his own wish. We can recommend him without reservation.",
                "Leeds, 30 January 2026, Patricia Holloway, Head of Human Resources",
            ],
        ),
    ],
]

EMPLOYEES = [
    ("Employee number", "Name", "Position", "Team", "E-mail", "Telephone", "Start", "Salary"),
    (
        "004401",
        "Helen Marchetti",
        "Head of Assets",
        "Assets",
        "helen.marchetti@larchfield.example",
        "0113 496 0811",
        dt.date(2016, 9, 1),
        68200,
    ),
    (
        "004512",
        "Erik Lindqvist",
        "Case worker",
        "Lettings",
        "erik.lindqvist@larchfield.example",
        "0113 496 0132",
        dt.date(2019, 2, 11),
        34100,
    ),
    (
        "004533",
        "Amara Nwosu",
        "Case worker",
        "Lettings",
        "amara.nwosu@larchfield.example",
        "0113 496 0133",
        dt.date(2020, 6, 15),
        33400,
    ),
    (
        "004618",
        "Gethin Powell",
        "Caretaker",
        "Sites",
        "gethin.powell@larchfield.example",
        "0113 496 0158",
        dt.date(2022, 11, 7),
        26900,
    ),
    (
        "004655",
        "Mei-Ling Zhou",
        "Accountant",
        "Finance",
        "mei-ling.zhou@larchfield.example",
        "0113 496 0171",
        dt.date(2023, 4, 3),
        39800,
    ),
]

ONBOARDING = [
    (
        "Welcome to Larchfield",
        ["Your first week, step by step", "Questions: Amara Nwosu, room 214"],
    ),
    (
        "Day one",
        [
            "Badge and laptop at the service desk, 9:00",
            "Meet your buddy for lunch",
            "Fire safety briefing, 15:00",
        ],
    ),
    (
        "Your first month",
        [
            "Three training courses: data protection, lone working, first aid",
            "First review with your line manager after four weeks",
        ],
    ),
]

BOARD = [
    ("Board update, first quarter 2026", ["Presented by Mei-Ling Zhou"]),
    (
        "Arrears",
        [
            "Rent arrears fell from 4.1 to 3.6 per cent",
            "Eleven payment plans were agreed",
            "Two evictions were avoided",
        ],
    ),
    (
        "Repairs",
        [
            "Average time to repair: 9.4 days, the target is eight",
            "The backlog comes from the storm in January",
        ],
    ),
]

ADDENDUM: list[Section] = [
    (
        "Data processing addendum",
        [
            "This addendum belongs to the agreement between Brightwater Analytics Ltd (controller) "
            "and Stonebridge Hosting Ltd (processor) of 12 November 2025.",
        ],
    ),
    (
        "Sub-processors",
        [
            "The processor tells the controller of every new sub-processor thirty days before it "
            "starts. The controller may object within that time.",
        ],
    ),
    (
        "Security",
        [
            "Backups are encrypted and tested every quarter. Access to production needs two people.",
        ],
    ),
    (
        "Breach",
        [
            "The processor reports a breach to Miriam Achterberg, data protection lead of the "
            "controller, within 24 hours, by telephone to +44 20 7946 0153 and in writing.",
        ],
    ),
]

AMENDMENT = r"""{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Times New Roman;}}
{\info{\title Second amendment to the lease of Oliver Hartnell}{\author Graham Pickering}}
\f0\fs24 {\b Second amendment to the lease}\par
Landlord: Harbour Street Properties Ltd, represented by Graham Pickering.\par
Tenant: Oliver Hartnell, 12 Baxtergate, Whitby YO21 1BW.\par
\par
1. From 1 July 2026 the rent rises from 810 to 835 pounds a month.\par
2. The tenant may keep one small dog in the flat. Damage by the dog is borne by the tenant.\par
3. The bicycle shed may be used by Mr Hartnell without charge.\par
4. All other terms of the lease of 6 June 2022 stay as they are.\par
\par
Whitby, 14 March 2026\par
G. Pickering \tab O. Hartnell\par
}
"""


def build_docx(path: Path, title: str, author: str, sections: list[Section]) -> None:
    document = Document()
    document.core_properties.title = title
    document.core_properties.author = author
    document.core_properties.comments = ""
    document.core_properties.created = WHEN
    document.core_properties.modified = WHEN
    document.sections[0].footer.paragraphs[0].text = f"{title}, confidential"
    for heading, paragraphs in sections:
        document.add_heading(heading, level=1)
        for text in paragraphs:
            document.add_paragraph(text)
    document.save(str(path))


def build_pdf(path: Path, title: str, author: str, pages: list[list[Section]]) -> None:
    from reportlab.platypus import PageBreak

    styles = getSampleStyleSheet()
    story = []
    for number, sections in enumerate(pages):
        if number:
            story.append(PageBreak())
        for heading, paragraphs in sections:
            story.append(Paragraph(heading, styles["Heading2"]))
            for text in paragraphs:
                story += [Paragraph(text, styles["BodyText"]), Spacer(1, 4)]
    SimpleDocTemplate(str(path), pagesize=A4, title=title, author=author, invariant=1).build(story)


def build_xlsx(path: Path) -> None:
    book = Workbook()
    book.properties.creator = "Patricia Holloway"
    book.properties.title = "Employees"
    book.properties.created = book.properties.modified = WHEN
    sheet = book.active
    sheet.title = "Employees"
    for row in EMPLOYEES:
        sheet.append(row)
    sheet["C3"].comment = Comment("on parental leave from June", "Patricia Holloway")
    notes = book.create_sheet("Notes")
    notes.append(["Topic", "Note"])
    notes.append(["Pay round", "The pay round of 2026 adds 2.9 per cent from July."])
    book.save(path)


def build_pptx(path: Path, author: str, slides: list[tuple[str, list[str]]], note: str) -> None:
    show = Presentation()
    show.core_properties.author = author
    show.core_properties.title = slides[0][0]
    show.core_properties.created = show.core_properties.modified = WHEN
    for title, lines in slides:
        slide = show.slides.add_slide(show.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = "\n".join(lines)
    show.slides[1].notes_slide.notes_text_frame.text = note
    show.save(str(path))


def build_odt(path: Path, title: str, sections: list[Section]) -> None:
    document = OpenDocumentText()
    bold = Style(name="Bold", family="text")
    bold.addElement(TextProperties(fontweight="bold"))
    document.automaticstyles.addElement(bold)
    for heading, paragraphs in sections:
        document.text.addElement(H(outlinelevel=1, text=heading))
        for text in paragraphs:
            document.text.addElement(P(text=text))
    from odf.dc import Title

    document.meta.addElement(Title(text=title))
    document.save(str(path))


def main() -> None:
    """Write all built documents."""
    build_docx(
        HERE / "contracts/lease-novak.docx", "Lease of Anna Novak", "Graham Pickering", LEASE
    )
    build_docx(
        HERE / "hr/offer-letter-okafor.docx",
        "Offer letter Ngozi Okafor",
        "Patricia Holloway",
        OFFER,
    )
    build_docx(HERE / "clinic/discharge-tanaka.docx", "Discharge letter", "Leila Haddad", DISCHARGE)
    build_pdf(
        HERE / "contracts/maintenance-agreement.pdf",
        "Maintenance agreement",
        "Robert Entwistle",
        MAINTENANCE,
    )
    build_pdf(
        HERE / "policies/incident-response.pdf",
        "Incident response plan",
        "Information Security",
        INCIDENT,
    )
    build_pdf(HERE / "hr/reference-adeleke.pdf", "Reference", "Patricia Holloway", REFERENCE)
    build_xlsx(HERE / "hr/employees.xlsx")
    build_pptx(
        HERE / "hr/onboarding.pptx",
        "Amara Nwosu",
        ONBOARDING,
        "Amara Nwosu greets everybody in the lobby.",
    )
    build_pptx(
        HERE / "finance/board-update.pptx",
        "Mei-Ling Zhou",
        BOARD,
        "Helen Marchetti will be asked about the storm damage.",
    )
    build_odt(HERE / "contracts/processing-addendum.odt", "Data processing addendum", ADDENDUM)
    (HERE / "contracts/amendment-hartnell.rtf").write_text(AMENDMENT, encoding="ascii")


if __name__ == "__main__":
    main()
