"""Texts that show the int8 conversion how large the numbers inside an encoder get.

Fictional, and as mixed as what users index: contracts, mails, tickets, letters,
records, tables, questions, code. Another text here is another recipe.
"""

from __future__ import annotations

TEXTS = (
    "The tenant may end the lease with three months' notice to the end of a quarter.",
    "Where is the invoice for the second delivery?",
    "Dear Ms Alder, thank you for your letter of 4 March. We have looked into the matter and "
    "will refund the full amount of 249.90 within ten working days.",
    "The supplier shall deliver the goods within thirty days of the order, unless the parties "
    "have agreed otherwise in writing; a delay of more than ten days entitles the buyer to "
    "withdraw from the contract and to claim damages.",
    "Patient seen on 12 May 2024, complains of chest pain since Tuesday. Blood pressure 130/85, "
    "pulse 72, ECG normal. Plan: bloods, review in two weeks, continue metoprolol 50 mg.",
    "<PERSON> called about the refund and asked <ORGANIZATION> for a written answer by <DATE>.",
    "Ticket 48213 | priority high | status waiting for customer | printer offline after update",
    "name;department;start date;salary band;manager",
    "Employees are entitled to 25 days of annual leave per calendar year. Leave is agreed with "
    "the line manager in advance and cannot be carried over beyond 31 March of the next year.",
    "How many days may I work from abroad, and who has to approve it?",
    "def total(rows): return sum(row['amount'] for row in rows if row['state'] == 'open')",
    "https://intranet.example.internal/policies/travel?version=7#section-3",
    "Please reset the password of user jdoe42; the token in the log looks like 9f8a7c6b5d4e.",
    "Re: Re: Fwd: meeting on Thursday -- can we move it to 3 pm? Best, Tom",
    "WHEREAS the Licensor owns the Software and the Licensee wishes to use it, NOW THEREFORE "
    'the parties agree as follows: 1. Definitions. 1.1 "Affiliate" means any entity that '
    "controls, is controlled by, or is under common control with a party.",
    "Total 1,204.50 EUR, VAT 19 % 228.86 EUR, due 30 days net, IBAN see overleaf.",
    "The quick brown fox jumps over the lazy dog.",
    "No.",
    "Zürich, São Paulo, Kraków and Łódź are cities; naïve café owners say «voilà».",
    "Discharge letter: the patient was admitted with pneumonia, treated with amoxicillin for "
    "seven days and discharged in good condition. Allergies: penicillin (rash, 1998).",
    "| Quarter | Revenue | Costs | Result |\n| Q1 | 1.2 m | 0.9 m | 0.3 m |",
    "We regret to inform you that your application was not successful this time.",
    "The court held that the clause was void because it put the consumer at an unreasonable "
    "disadvantage, and ordered the defendant to pay the costs of the proceedings.",
    "ERROR 2024-11-03T14:22:07Z worker-3 connection to 10.0.4.17:5432 refused, retry in 30 s",
    "Ingredients: flour, water, salt, yeast. Bake at 220 degrees for 35 minutes.",
    "Who signed the agreement with Northwind Logistics, and when does it expire?",
    "I hereby authorise Mr Peter Holm, born 2 February 1971, to collect the documents for me.",
    "Section 4.2 Confidentiality. The receiving party shall keep all information secret and "
    "shall use it only for the purpose of this agreement, during its term and for five years "
    "after its end, except where disclosure is required by law.",
    "Performance review 2023: exceeds expectations in customer focus; should delegate more.",
    "1. Open the cover. 2. Remove the old cartridge. 3. Wait ten seconds. 4. Close the cover.",
    "Flight LX 318 departs at 07:35 from gate B22; check-in closes forty minutes earlier.",
    "The heart pumps blood through the body; the left ventricle has the thickest wall.",
    "bananas bananas bananas",
    "In 1856 the company moved to Leeds, where it employed some 400 weavers until the fire.",
    '{"id": 17, "customer": "Alder & Sons", "open": true, "items": [3, 5, 8]}',
    "Can the landlord raise the rent during the fixed term, and by how much?",
)

QUESTIONS = (
    "How long is the notice period of the lease?",
    "When does the supplier have to deliver?",
    "Who approved the refund?",
    "What was the blood pressure of the patient?",
    "Why was the clause void?",
    "Which city is the office in?",
    "What is the total?",
    "Has the printer been offline since the update?",
)
"""What is asked about the texts where the model reads pairs; most pairs do not fit."""
