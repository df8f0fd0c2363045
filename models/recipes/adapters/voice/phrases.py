"""More of `words.py`: whole sentences, stiff and plain, and the rules of the voice."""

FAULTS = (
    ("your name was misspelt in the contract", "We wrote your name wrongly in the contract."),
    ("the wrong {item} was delivered to you", "We brought you the wrong {item}."),
    ("the {item} was damaged in the course of transport", "We broke the {item} on the way."),
    ("your call was not returned", "We did not call you back."),
    ("an incorrect amount of {number} {money} was debited",
     "We took {number} {money} too much from you."),
    ("your reservation for {day} was overlooked", "We forgot your table for {day}."),
    ("the letter was sent to your former address", "We sent the letter to your old address."),
    ("the {item} was handed over without instructions",
     "We gave you the {item} without instructions."),
    ("access was denied to you at the gate on {day}", "We did not let you in on {day}."),
    ("a reminder was issued in error", "We sent you a reminder that was wrong."),
    ("your complaint {id} remained unanswered", "We did not answer your complaint {id}."),
    ("the test result was mixed up", "We mixed up the test result."),
)  # fmt: skip
REGRETS = (
    "We sincerely regret that {fault}.",
    "Please accept our deepest apologies for the fact that {fault}.",
    "It has come to our attention that {fault}, for which we apologise most sincerely.",
    "Most unfortunately {fault}. We are extremely sorry and beg your pardon.",
)
MEASURES = (
    ("Steps have been initiated to ensure that addresses are verified prior to dispatch.",
     "Now we check every address before we send anything."),
    ("A second person has been entrusted with the control of all entries.",
     "Now a second person checks what we enter."),
    ("Our staff have been sensitised accordingly.", "We have talked about it with everybody here."),
    ("The underlying software error has been eliminated on {day}.",
     "We mended our program on {day}."),
    ("An additional quality control has been introduced.", "From today we look twice."),
    ("The packaging has been optimised.", "We use a stronger box now."),
    ("Staffing levels at the telephone have been increased.", "More of us answer the phone now."),
)  # fmt: skip

GOALS = ("deliver the {item} on {day}", "start on {day}", "open the account", "send you the money",
         "read the meter", "mend the roof", "finish the garden", "hang the door",
         "connect the phone", "lay the carpet", "clear the attic")  # fmt: skip
GOALS_STIFF = (
    "In order to enable us to {goal} it is imperative that {a} and that {b}.",
    "A prerequisite for our being able to {goal} is that {a} and, furthermore, that {b}.",
    "So that we may be in a position to {goal}, it has to be ensured that {a} and that {b}.",
)
CONDITIONS = (
    ("the driveway be kept free of vehicles", "keep the driveway free"),
    ("the furniture be moved away from the walls", "move the furniture away from the walls"),
    ("a person of full age be present", "make sure that an adult is at home"),
    ("the power supply be disconnected", "switch off the power"),
    ("the enclosed form be completed in full", "fill in the whole form"),
    ("a valid proof of identity be presented", "show us your passport"),
    ("all pets be kept in a separate room", "put your pets in another room"),
    ("the code of the front door be communicated to us", "tell us the code of the door"),
    ("the windows be closed", "close the windows"),
    ("the sum of {number} {money} be paid in advance", "pay {number} {money} before"),
    ("the water be turned off at the main tap", "turn off the water"),
)  # fmt: skip

ROLES = ("tenant", "client", "applicant", "passenger", "policyholder", "subscriber", "buyer",
         "guest", "recipient", "account holder", "contracting party")  # fmt: skip
GROUPS = ("Visitors", "Residents", "Employees", "Guests", "Participants", "Drivers", "Patients",
          "Parents", "Users of the hall", "Holders of a season ticket")  # fmt: skip
DUTIES = (
    ("notify the management of any defects without delay", "tell us when something is broken"),
    ("refrain from smoking in the stairwell", "do not smoke in the stairwell"),
    ("present the card at the entrance", "show your card at the entrance"),
    ("ensure that the gate is locked after use", "lock the gate behind you"),
    ("settle the outstanding balance by {day}", "pay what is open by {day}"),
    ("familiarise themselves with the rules", "read the rules"),
    ("communicate their bank details in writing", "write to us which bank account you have"),
    ("dispose of refuse in the receptacles provided", "put rubbish in the bins"),
    ("register at the desk upon arrival", "tell the desk when you arrive"),
    ("keep noise to a minimum after {hour}", "be quiet after {hour}"),
    ("give notice of absence no later than {hour}", "tell us by {hour} when you cannot come"),
    ("wear protective footwear in hall {room}", "wear safety shoes in hall {room}"),
    ("retain the receipt for a period of {words} months", "keep the receipt for {count} months"),
    ("effect payment of {number} {money} at the machine", "pay {number} {money} at the machine"),
    ("deposit the key at the porter's lodge", "leave the key with the porter"),
    ("quote reference {id} in all communications", "name {id} when you write to us"),
)  # fmt: skip
MUST = ("{who} are obliged to {do}.", "{who} shall {do}.", "{who} are under a duty to {do}.",
        "It is incumbent upon {who_} to {do}.",
        "{who} must without exception {do}.")  # fmt: skip
REQUESTED = ("The {role} is requested to {do}.", "The {role} is kindly asked to {do}.",
             "It is expected of the {role} to {do}.",
             "The {role} will be required to {do}.")  # fmt: skip

PROMISES = (
    ("Our intelligent mobility concept", "Our bus", "brings you to the station in {count} minutes",
     "gets you to the station within {words} minutes"),
    ("Our holistic hydration experience", "Our water dispenser", "gives cold water without bottles",
     "unlocks cold water without the need for bottles"),
    ("Our next-generation security suite", "Our lock", "opens with your phone",
     "empowers you to open it by means of your phone"),
    ("Our premium sleep system", "Our bed", "costs {number} {money}",
     "is available from {number} {money}"),
    ("Our green energy offering", "Our solar panel", "makes power for {count} flats",
     "is capable of supplying {words} flats"),
    ("Our smart parking platform", "Our app", "shows you a free parking space",
     "leverages data to reveal a free parking space"),
    ("Our learning ecosystem", "Our course", "takes {count} weeks", "extends over {words} weeks"),
    ("Our culinary portfolio", "Our canteen", "cooks {count} meals a day",
     "delivers {words} meals on a daily basis"),
    ("Our comprehensive care package", "Our nurse", "visits you {count} times a week",
     "ensures {words} visits on a weekly basis"),
    ("Our connectivity solution", "Our cable", "is {count} metres long",
     "boasts a length of {words} metres"),
)  # fmt: skip
PRAISE = ("As the market leader in our field", "As an award-winning family company",
          "With unrivalled expertise and passion", "Being a pioneer of excellence",
          "As your innovative partner of choice", "Thanks to our cutting-edge methods",
          "As a renowned specialist with world-class staff")  # fmt: skip
DEEDS = ("wash your windows every {count} weeks", "bake the bread at {hour}",
         "deliver to the door until {hour}", "repair shoes within {count} days",
         "answer the phone from {hour}", "empty the bins on {weekday}",
         "teach swimming in groups of {count}", "sharpen knives for {number} {money}",
         "print your posters by {weekday}", "rent out bicycles by the day",
         "clear the snow before {hour}", "look after your cat for {number} {money} a day",
         "tune pianos in your flat", "open on {weekday} until {hour}")  # fmt: skip

PLACES = ("The car park", "The library", "The swimming pool", "The south gate", "The canteen",
          "The bridge over the canal", "The footpath", "The museum shop", "The post room",
          "The sports hall", "The exit to the market", "The upper deck")  # fmt: skip
WORKS = ("the renovation", "the stocktaking", "the building works", "the summer break",
         "the exhibition", "the repair of the pipes", "the inspection",
         "the trade fair")  # fmt: skip
CLOSED = (
    "For the entire period of {works} in {month}, between the {a} and the {b}, {place} will not be "
    "accessible.",
    "In {month}, {place} shall be out of operation during {works}, commencing on the {a} and "
    "ending on the {b}.",
    "In {month}, {place} is to remain shut on the occasion of {works}, namely from the {a} up to "
    "and including the {b}.",
)

CIRCUMSTANCES = (
    ("the road is flooded", "the road is flooded"),
    ("a malfunction of the signal has arisen", "the signal is broken"),
    ("the premises are undergoing refurbishment", "we are rebuilding the house"),
    ("the driver has been taken ill", "the driver is ill"),
    ("an insufficient number of registrations was received", "too few people booked"),
    ("the power supply has been interrupted", "there is no power"),
    ("the manufacturer has ceased production", "nobody makes it any more"),
    ("a public holiday falls on {weekday}", "{weekday} is a holiday"),
    ("the temperature is in excess of {count} degrees", "it is more than {count} degrees warm"),
    ("construction works are being performed in the yard", "we are building in the yard"),
)  # fmt: skip
RESULTS = (
    ("the course will commence at {hour}", "The course begins at {hour}"),
    ("tram {room} is being diverted via the harbour", "Tram {room} goes by way of the harbour"),
    ("the concert has been relocated to room {room}", "The concert is in room {room}"),
    ("deliveries will be effected on {day}", "We deliver on {day}"),
    ("the office will be closed at {hour}", "The office closes at {hour}"),
    ("entry is via gate {room} only", "Please come in through gate {room}"),
    ("the meeting has been rescheduled to {day}", "The meeting is on {day}"),
    ("the market will not take place on {day}", "There is no market on {day}"),
)  # fmt: skip
BECAUSE = ("Owing to the circumstance that {cause}, {result}.",
           "In view of the fact that {cause}, {result}.",
           "By reason of the fact that {cause}, {result}.",
           "On the grounds that {cause}, it has been decided that {result}.")  # fmt: skip

WARNINGS = (
    ("the floor may be slippery", "running should be avoided", "Do not run.",
     "The floor is slippery."),
    ("the blade is of considerable sharpness", "contact therewith is to be avoided",
     "Do not touch the blade.", "It is sharp."),
    ("the fluid is of a corrosive nature", "gloves are to be worn", "Wear gloves.",
     "The liquid burns the skin."),
    ("the doors close automatically", "keeping the hands clear is advisable",
     "Keep your hands off the doors.", "They close by themselves."),
    ("the battery may ignite", "exposure to the sun should not take place",
     "Keep the battery out of the sun.", "It can catch fire."),
    ("the step is not easily visible", "caution is to be exercised", "Mind the step.",
     "It is hard to see."),
    ("the device is under voltage", "opening of the housing is prohibited",
     "Do not open the device.", "There is current in it."),
    ("the load may shift", "standing beneath the crane is to be avoided",
     "Do not stand under the crane.", "The load can fall."),
    ("the tablets can impair the ability to react", "driving is not recommended",
     "Do not drive after you took the tablets.", "They make you slow."),
    ("the sauce contains traces of nuts", "consumption by allergic persons is inadvisable",
     "Do not eat the sauce if nuts make you ill.", "There are nuts in it."),
    ("the ice is of insufficient thickness", "stepping on the lake is to be refrained from",
     "Stay off the lake.", "The ice is too thin."),
    ("the pipe reaches {count} degrees", "touching of the pipe must not occur",
     "Keep away from the pipe.", "It has {count} degrees."),
)  # fmt: skip
SINCE = ("As {why}, {what}.", "It should be noted that, given that {why}, {what}.",
         "In consideration of the fact that {why}, {what}.")  # fmt: skip

FIRST = ("Ines", "Bruno", "Clara", "Marek", "Nadia", "Oskar", "Pia", "Rasmus", "Selma", "Viktor",
         "Lena", "Hugo", "Mira", "Jonas", "Edda", "Felix")  # fmt: skip
DEPARTMENTS = ("Guest Relations Centre", "Department for Client Affairs", "Service Competence Team",
               "Quality Management Office", "Division of Passenger Matters",
               "Central Complaints Unit")  # fmt: skip
GREETINGS = ("Yours sincerely,", "Respectfully yours,", "With kindest regards,",
             "We remain, with best compliments,")  # fmt: skip
SLOGANS = ("Moving forward as one!", "Quality is our passion.", "Your future, our promise!",
           "Simply more.", "We care because you matter!", "Tradition meets tomorrow.")  # fmt: skip

STAYS = (
    ("room", "check-in from {hour} on {first}", "you can come from {hour} on {first}",
     "departure by {later} on {last}", "you leave by {later} on {last}"),
    ("boat trip", "boarding at {hour} on {first}", "you come on board at {hour} on {first}",
     "return at {later}", "you are back at {later}"),
    ("cookery course", "commencement at {hour} on {first}", "it begins at {hour} on {first}",
     "termination at {later}", "it ends at {later}"),
    ("table", "the table is reserved as of {hour} on {first}", "you sit down at {hour} on {first}",
     "the kitchen closes at {later}", "the kitchen closes at {later}"),
    ("tour of the works", "assembly at gate {room} at {hour} on {first}",
     "we meet at gate {room} at {hour} on {first}", "conclusion at {later}", "it ends at {later}"),
)  # fmt: skip
EXTRAS = (("lunch forms part of the price", "lunch is included"),
          ("a parking space has been set aside", "you have a parking space"),
          ("bed linen is provided", "we bring bed linen"),
          ("the deposit amounts to {number} {money}", "the deposit is {number} {money}")
          )  # fmt: skip

PRODUCTS = ("Marlo 200", "Tindra", "Kobold Mini", "Sirra 5", "Nordkap Pro", "Velo Una", "Hestia 40",
            "Pinto XL", "Lumen Due", "Fjora", "Orbis 12", "Zephyr C")  # fmt: skip
PRODUCT_PAIRS = (
    ("Your {name} was received on {day}; the said appliance will be repaired by {later_day}.",
     "We have your {name} since {day}. We repair the {name} by {later_day}."),
    ("The {name} is dispatched without batteries, and for its operation {words} of the same are "
     "required.", "The {name} comes without batteries. The {name} needs {count} of them."),
    ("Purchase of the {name} is possible at {number} {money}, the aforementioned article being "
     "available from {day}.", "The {name} costs {number} {money}. You can buy the {name} from "
     "{day}."),
    ("Cleaning of the {name} should be effected weekly, and storage of same in a dry place is "
     "recommended.", "Please clean the {name} every week. Keep the {name} dry."),
    ("The guarantee for the {name} covers {words} years, during which time the unit is repaired "
     "free of charge.", "The {name} has a guarantee of {count} years. Until then we repair the "
     "{name} for free."),
)  # fmt: skip

ABSENT = ("leaflet", "notice for the lobby", "letter to the owners", "speech", "invitation",
          "poster", "newsletter", "reply to the mayor", "safety sheet", "framework agreement",
          "recording", "brochure", "article", "announcement")  # fmt: skip
GONE = ("It has not been attached.", "Its text is missing here.", "Nobody has sent it so far.",
        "The page is blank.", "It is still to be written.", "The file cannot be opened.",
        )  # fmt: skip

RULES = (
    "Begin with what matters to the reader.", "Do not write of inconvenience; say whose fault it "
    "was.", "Name who acts, with a verb in the active voice.", "Write numbers in digits.",
    "Say no at once, then why, then what can be done instead.", "Leave our technical words out.",
    "End with a single step for one person.", "Thank for a particular thing, at the beginning.",
    "Name the day and date of a deadline.", "Apologise a single time and name what is different "
    "now.", "Keep sentences under sixteen words.", "Speak to the reader directly.",
    "Call things what they are.", "Name the first and last day of a period.",
    "Do not boast.", "Ask with please.", "Tell what a change costs.",
    "In a warning the action comes before the cause.", "Sign with first name and extension.",
    "Repeat what was booked in the order of time.", "Repeat a product's name.",
    "Agreements and safety texts are not rewritten: write not found.",
)  # fmt: skip
