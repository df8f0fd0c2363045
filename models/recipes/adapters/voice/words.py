"""Words of the house voice's training pairs: what a stiff letter says, and what ours says.

All of it is invented. A pair is (stiff, plain); `{…}` is filled by `letters.py`.
"""

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August",
          "September", "October", "November", "December")  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
        "eighteen", "nineteen")  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
CURRENCIES = ("euros", "pounds", "francs", "crowns")

PADS = (
    "Please be advised that ", "We hereby inform you that ", "It is our duty to notify you that ",
    "We would like to take this opportunity to inform you that ", "Kindly note that ",
    "This is to bring to your attention that ", "We wish to point out that ",
    "With reference to our correspondence we inform you that ",
)  # fmt: skip
FILLERS = (
    " We regret any inconvenience.", " We ask for your kind understanding.",
    " We apologise for any inconvenience this may entail.",
    " We appreciate your patience in this matter.",
    " Assuring you of our best attention at all times.",
    " We remain at your disposal for further enquiries.", " We thank you for your valued custom.",
    " Your satisfaction is our top priority.",
)  # fmt: skip

LATE = (
    ("order", "dispatched", "It leaves us"), ("refund", "credited", "You have it"),
    ("new card", "issued", "You get it"), ("statement", "sent out", "We send it"),
    ("spare part", "delivered", "It arrives"), ("passport photo", "printed", "We print it"),
    ("suitcase", "returned", "We bring it back"), ("repair", "completed", "It is finished"),
    ("certificate", "posted", "We post it"), ("wardrobe", "delivered", "We bring it"),
    ("appointment", "held", "It takes place"), ("sewing machine", "handed over", "You can have it"),
    ("contract", "forwarded", "You have it"), ("key", "made available", "You can fetch it"),
)  # fmt: skip
CAUSES = (
    "due to circumstances beyond our control", "owing to an internal processing error",
    "on account of operational difficulties", "due to increased demand",
    "as a result of logistical challenges", "because of staffing constraints",
)  # fmt: skip

# nominal, plural, singular, past, now
TECHNICAL = (
    ("inspection", "check", "checks", "checked", "checking"),
    ("replacement", "replace", "replaces", "replaced", "replacing"),
    ("cleaning", "clean", "cleans", "cleaned", "cleaning"),
    ("repair", "repair", "repairs", "repaired", "repairing"),
    ("measurement", "measure", "measures", "measured", "measuring"),
    ("removal", "take away", "takes away", "took away", "taking away"),
    ("painting", "paint", "paints", "painted", "painting"),
    ("testing", "test", "tests", "tested", "testing"),
)
MACHINES = ("lift", "roof", "water meter", "garage door", "heating", "fence", "smoke alarm",
            "playground", "floor of the hall", "north wall", "cooling unit", "loading ramp",
            "street lamp", "pump", "staircase", "sign at the gate", "stage", "oven")  # fmt: skip
CLERICAL = (
    ("examination", "read", "reads", "read", "reading"),
    ("approval", "approve", "approves", "approved", "approving"),
    ("correction", "correct", "corrects", "corrected", "correcting"),
    ("translation", "translate", "translates", "translated", "translating"),
    ("verification", "check", "checks", "checked", "checking"),
    ("recording", "enter", "enters", "entered", "entering"),
    ("signing", "sign", "signs", "signed", "signing"),
)
PAPERS = ("claim", "lease", "timetable", "payroll", "order form", "price list", "test report",
          "travel bill", "list of guests", "permit", "budget", "survey", "report of the damage",
          "menu", "handbook", "list of defects")  # fmt: skip
CREWS = ("our electricians", "our drivers", "our technicians", "our gardeners", "our painters",
         "two of our fitters", "the caretakers", "our night shift")  # fmt: skip
OFFICES = ("our accounts department", "the front desk", "our legal department", "the library",
           "the purchasing department", "our export office", "the school office",
           "our claims department", "the wages office", "the building office")  # fmt: skip
DOING = ("be carried out", "be undertaken", "be performed", "be effected", "be conducted")
DONE = ("has been carried out", "was undertaken", "has been performed", "was effected")
NOW = ("is currently being carried out", "is in progress and being performed",
       "is presently being undertaken")  # fmt: skip
NOTICES = (
    ("You will be notified in writing upon conclusion.", "We write to you when we are finished."),
    ("The outcome will be communicated to you by telephone.", "We call you with the result."),
    ("A report will be made available thereafter.", "Then we send you a report."),
    ("Notification of the result will follow by mail.", "We send you the result by mail."),
)  # fmt: skip

COSTS = ("the parking space", "the winter service", "the trailer", "the alarm", "the locker",
         "the storage of your tyres", "the cleaning of the windows", "the night watch",
         "the language course", "the garden plot", "the piano lesson", "the meeting room",
         "the safe", "the lunch", "the second card", "the wireless network", "the swimming lane",
         "the tool hire", "the dog tax", "the moorings")  # fmt: skip
UNITS = ((" per annum", " a year"), (" per month", " a month"), (" per week", " a week"),
         (" per day", " a day"), (" per person", " a person"), (" per capita", " a head"),
         (" per hour", " an hour"), ("", ""))  # fmt: skip
ABOUT = ("approximately ", "in the region of ", "roughly ", "around ", "")
CHARGES = (
    "A charge of {about}{words} {money}{per} will be levied for {what}.",
    "A sum of {about}{words} {money}{per} shall be payable in respect of {what}.",
    "The costs incurred for {what} amount to {about}{words} {money}{per}.",
    "With regard to {what}, {about}{words} {money}{per} will be invoiced to you.",
    "{what_} is subject to a fee of {about}{words} {money}{per}.",
)  # fmt: skip
CHANGES = (
    "the fee for {what} will be adjusted to {number} {money}{per} with effect from {month}",
    "as of {month}, a revised tariff of {number} {money}{per} will apply to {what}",
    "the contribution for {what} is going to be brought into line at {number} {money}{per} "
    "from {month}",
)  # fmt: skip
LEADS = ("While we are proud to present {nice}, we have to mention that ",
         "Together with {nice}, ", "We are thrilled about {nice}; at the same time, ",
         "Besides {nice} it is to be noted that ")  # fmt: skip
NICE = ("our redesigned website", "our brand-new customer magazine", "the opening of our branch",
        "our anniversary raffle", "a fresh look for our logo", "the launch of our podcast",
        "our award as employer of the year", "our extended opening hours")  # fmt: skip

REFUSED = (
    ("an exchange of the {item}", "exchange the {item}"),
    ("a postponement of the appointment", "move the appointment"),
    ("a reduction of the rent", "lower the rent"),
    ("an extension of the loan", "lend it to you for longer"),
    ("your participation in the course", "take you into the course"),
    ("a reimbursement of the ticket", "pay the ticket back"),
    ("a delivery on Saturday", "deliver on Saturday"),
    ("the cancellation of the contract", "end the contract"),
    ("a second key", "give you a second key"),
    ("the storage of the {item}", "store the {item}"),
    ("the return of the {item}", "take the {item} back"),
)  # fmt: skip
ITEMS = ("drill", "mattress", "jacket", "camera", "printer", "bicycle", "carpet", "guitar",
         "microscope", "tent", "washing machine", "lamp")  # fmt: skip
REASONS = (
    ("the expiry of the deadline on {day}", "The deadline ended on {day}."),
    ("a lack of vacant places", "All places are taken."),
    ("the absence of a receipt", "There is no receipt."),
    ("the advanced age of the device", "The device is too old."),
    ("the outstanding payment of {number} {money}", "You still owe us {number} {money}."),
    ("the non-availability of personnel until {day}", "We have nobody free until {day}."),
    ("the stipulations in clause {clause}", "Clause {clause} does not allow it."),
    ("missing proof of purchase", "We have not seen a bill."),
    ("its having been opened", "It has been opened."),
)  # fmt: skip
INSTEAD = (
    ("An alternative date on {day} could be offered.", "You can come on {day}."),
    ("The possibility of a voucher over {number} {money} exists.",
     "We can give you a voucher of {number} {money}."),
    ("Execution against payment of {number} {money} would be feasible.",
     "We can do it for {number} {money}."),
    ("Inclusion in the waiting list could be arranged.", "We can put you on the waiting list."),
    ("A loan device could be placed at your disposal.", "We can lend you another one."),
    ("A renewed application in {month} would be possible.", "You can ask again in {month}."),
)  # fmt: skip
DENIALS = (
    "Following careful examination of your enquiry we must inform you that, in view of {reason}, "
    "{what} cannot be granted.",
    "Your request has been given due consideration. Regrettably, on account of {reason}, {what} is "
    "not possible.",
    "Although we value your custom, {what} has to be declined by reason of {reason}.",
    "We appreciate your interest. It is with regret that we have to reject {what} because of "
    "{reason}.",
)  # fmt: skip

SYSTEMS = ("website", "payment page", "phone line", "door scanner", "booking app", "lift",
           "ticket machine", "printer", "mail server", "cash desk", "navigation")  # fmt: skip
JARGON = (
    ("Case {id} has been escalated to second-level support.",
     "We gave your question {id} to our specialists."),
    ("Downtime of the {system} occurred on {day}.", "The {system} did not work on {day}."),
    ("A maintenance window for the {system} is scheduled for {day}.",
     "We work on the {system} on {day}. It is off on that day."),
    ("Ticket {id} was closed due to inactivity.",
     "We heard nothing more from you, so we closed your question {id}."),
    ("Your user credentials for the {system} have been reset.",
     "You have a new name and password for the {system}."),
    ("Go-live of the {system} is envisaged for {day}.", "The {system} starts on {day}."),
    ("The SLA for incident {id} could not be met owing to our backlog.",
     "We did not answer question {id} in the time we promised. Too many were waiting."),
    ("Onboarding takes place on {day} in room {room}.",
     "Your first day is {day}. Please come to room {room}."),
    ("Latency issues of the {system} have been mitigated.", "The {system} is quick again."),
    ("All deliverables for order {id} have been shipped.",
     "We sent you everything you ordered in {id}."),
    ("The outage of the {system} has been remediated on {day}.",
     "The {system} works again since {day}."),
    ("A root cause analysis for ticket {id} is pending.",
     "We do not know yet what went wrong with {id}. We are looking for it."),
)  # fmt: skip

DOCUMENTS = ("the contract", "the questionnaire", "the cost estimate", "the consent form",
             "the order form", "the list of rooms", "the power of attorney", "the draft",
             "the tenancy agreement", "the medical form", "the direct debit form",
             "the floor plan", "the rules of the club", "the timetable")  # fmt: skip
ENCLOSED = ("Enclosed please find {doc}.", "{doc_} is attached hereto.",
            "Attached to this letter you will find {doc}.",
            "We are pleased to submit {doc} herewith.")  # fmt: skip
STEPS = (
    ("We would ask you to affix your signature and return it, or to contact us or consult our "
     "website in the event of queries.", "Please sign it and return it."),
    ("It would be appreciated if you could verify the particulars and revert to us, or call, or "
     "visit one of our branches.", "Please check it and tell us what is wrong."),
    ("Kindly complete the same by {day}, or get in touch, or use our chat.",
     "Please fill it in by {day}."),
    ("Should it meet with your approval, confirmation by {day} is requested; our hotline and our "
     "newsletter are likewise available.", "Please say yes or no by {day}."),
    ("Payment of {number} {money} is to be effected, and our app may be downloaded too.",
     "Please pay {number} {money}."),
)  # fmt: skip

RECEIVED = ("your letter", "the photographs", "your cheque", "the signed lease", "the receipt",
            "your new address", "the doctor's note", "the samples", "your bank details",
            "the spare key", "your report", "the plans", "the certificate", "your hint",
            )  # fmt: skip
RECEIPT = ("We acknowledge receipt of {what}.", "We are in receipt of {what}.",
           "{what_} has duly been received by us.",
           "Receipt of {what} is hereby confirmed.")  # fmt: skip
NEXT = (
    ("Your file will be amended accordingly.", "We are changing your file."),
    ("The amount will be credited to your account.", "We are paying the money into your account."),
    ("Processing will be completed by {day}.", "We finish by {day}."),
    ("The damage will be assessed by an expert.", "An expert looks at the damage."),
    ("A replacement will be dispatched on {day}.", "We send you a new one on {day}."),
    ("Your participation has been registered.", "Your place is booked."),
    ("The matter will be forwarded to {office}.", "We are giving it to {office}."),
    ("An appointment will be proposed to you.", "We suggest a day to you."),
)  # fmt: skip
THANKS = ("Thank you for your continued confidence.", "Many thanks for choosing us.",
          "We thank you for the trust you have placed in our company.",
          "Thanking you in advance for your cooperation.")  # fmt: skip

ASKED = ("the signed form", "a copy of your passport", "the meter reading of your flat",
         "two photographs of the damage", "your tax number", "the key to the cellar",
         "proof of your income", "the names of all drivers", "your shirt size", "the receipt",
         "the old device", "your choice of menu", "the list of participants",
         "a certificate of good conduct", "the vaccination card")  # fmt: skip
SOON = ("as soon as possible", "promptly", "without undue delay", "in a timely manner",
        "at the earliest opportunity", "in due course")  # fmt: skip
DEADLINES = (
    "You are requested to submit {what} {soon}, but no later than {day}.",
    "Submission of {what} {soon}, at the latest on {day}, would be appreciated.",
    "We would be grateful to be furnished with {what} {soon} and in any event by {day}.",
    "It is imperative that {what} be received by us {soon}, the final date being {day}.",
)
