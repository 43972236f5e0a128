"""What the AAMVA card design standards number and abbreviate (editions 2000 to 2020, versions 01 to 10).

Issuer identification numbers are AAMVA's list of December 2023; colours are ANSI D20.
"""

from typing import Final

ISSUERS: Final[dict[str, tuple[str, str, str]]] = {
    "604426": ("PE", "Prince Edward Island", "CAN"),
    "604427": ("AS", "American Samoa", "USA"),
    "604428": ("QC", "Quebec", "CAN"),
    "604429": ("YT", "Yukon", "CAN"),
    "604430": ("MP", "Northern Mariana Islands", "USA"),
    "604431": ("PR", "Puerto Rico", "USA"),
    "604432": ("AB", "Alberta", "CAN"),
    "604433": ("NU", "Nunavut", "CAN"),
    "604434": ("NT", "Northwest Territories", "CAN"),
    "636000": ("VA", "Virginia", "USA"),
    "636001": ("NY", "New York", "USA"),
    "636002": ("MA", "Massachusetts", "USA"),
    "636003": ("MD", "Maryland", "USA"),
    "636004": ("NC", "North Carolina", "USA"),
    "636005": ("SC", "South Carolina", "USA"),
    "636006": ("CT", "Connecticut", "USA"),
    "636007": ("LA", "Louisiana", "USA"),
    "636008": ("MT", "Montana", "USA"),
    "636009": ("NM", "New Mexico", "USA"),
    "636010": ("FL", "Florida", "USA"),
    "636011": ("DE", "Delaware", "USA"),
    "636012": ("ON", "Ontario", "CAN"),
    "636013": ("NS", "Nova Scotia", "CAN"),
    "636014": ("CA", "California", "USA"),
    "636015": ("TX", "Texas", "USA"),
    "636016": ("NL", "Newfoundland and Labrador", "CAN"),
    "636017": ("NB", "New Brunswick", "CAN"),
    "636018": ("IA", "Iowa", "USA"),
    "636019": ("GU", "Guam", "USA"),
    "636020": ("CO", "Colorado", "USA"),
    "636021": ("AR", "Arkansas", "USA"),
    "636022": ("KS", "Kansas", "USA"),
    "636023": ("OH", "Ohio", "USA"),
    "636024": ("VT", "Vermont", "USA"),
    "636025": ("PA", "Pennsylvania", "USA"),
    "636026": ("AZ", "Arizona", "USA"),
    "636027": ("", "United States Department of State", "USA"),
    "636028": ("BC", "British Columbia", "CAN"),
    "636029": ("OR", "Oregon", "USA"),
    "636030": ("MO", "Missouri", "USA"),
    "636031": ("WI", "Wisconsin", "USA"),
    "636032": ("MI", "Michigan", "USA"),
    "636033": ("AL", "Alabama", "USA"),
    "636034": ("ND", "North Dakota", "USA"),
    "636035": ("IL", "Illinois", "USA"),
    "636036": ("NJ", "New Jersey", "USA"),
    "636037": ("IN", "Indiana", "USA"),
    "636038": ("MN", "Minnesota", "USA"),
    "636039": ("NH", "New Hampshire", "USA"),
    "636040": ("UT", "Utah", "USA"),
    "636041": ("ME", "Maine", "USA"),
    "636042": ("SD", "South Dakota", "USA"),
    "636043": ("DC", "District of Columbia", "USA"),
    "636044": ("SK", "Saskatchewan", "CAN"),
    "636045": ("WA", "Washington", "USA"),
    "636046": ("KY", "Kentucky", "USA"),
    "636047": ("HI", "Hawaii", "USA"),
    "636048": ("MB", "Manitoba", "CAN"),
    "636049": ("NV", "Nevada", "USA"),
    "636050": ("ID", "Idaho", "USA"),
    "636051": ("MS", "Mississippi", "USA"),
    "636052": ("RI", "Rhode Island", "USA"),
    "636053": ("TN", "Tennessee", "USA"),
    "636054": ("NE", "Nebraska", "USA"),
    "636055": ("GA", "Georgia", "USA"),
    "636056": ("COA", "Coahuila", "MEX"),
    "636057": ("HID", "Hidalgo", "MEX"),
    "636058": ("OK", "Oklahoma", "USA"),
    "636059": ("AK", "Alaska", "USA"),
    "636060": ("WY", "Wyoming", "USA"),
    "636061": ("WV", "West Virginia", "USA"),
    "636062": ("VI", "Virgin Islands", "USA"),
}
"""Issuer identification number: postal code (ISO 3166-2 without the country), name, country."""

TITLES: Final = {"DL": "driving licence", "ID": "identification card", "EN": "enhanced driving licence"}
"""What a subfile's type says the card is."""

DATES: Final = {
    "birth_date": ("DBB", "DBL"),
    "expiry_date": ("DBA", "PAA"),
    "issue_date": ("DBD", "PAD"),
    "card_revision_date": ("DDB",),
    "hazmat_expiry_date": ("DDC",),
    "under_18_until": ("DDH",),
    "under_19_until": ("DDI",),
    "under_21_until": ("DDJ",),
}
"""Our name: element IDs that hold it, the proper one first (version 01 has its own)."""

TEXTS: Final = {
    "number": ("DAQ", "DBJ"),
    "prefix": ("DAF",),
    "suffix": ("DCU", "DAE"),
    "street": ("DAG", "DAL"),
    "street_2": ("DAH", "DAM"),
    "city": ("DAI", "DAN"),
    "region": ("DAJ", "DAO"),
    "postal_code": ("DAK", "DAP"),
    "country": ("DCG",),
    "vehicle_class": ("DCA", "DAR"),
    "restrictions": ("DCB", "DAS"),
    "endorsements": ("DCD", "DAT"),
    "document_discriminator": ("DCF",),
    "inventory_number": ("DCK",),
    "audit": ("DCJ",),
    "place_of_birth": ("DCI",),
    "alias_surname": ("DBN",),
    "alias_given_names": ("DBG",),
}

CODES: Final[dict[str, tuple[tuple[str, ...], dict[str, str]]]] = {
    "gender": (("DBC",), {"1": "M", "2": "F", "9": "X", "0": "X", "M": "M", "F": "F", "X": "X"}),
    "eye_colour": (
        ("DAY",),
        {
            "BLK": "black",
            "BLU": "blue",
            "BRO": "brown",
            "BRN": "brown",
            "DIC": "dichromatic",
            "GRY": "grey",
            "GRN": "green",
            "HAZ": "hazel",
            "MAR": "maroon",
            "PNK": "pink",
            "UNK": "unknown",
        },
    ),
    "hair_colour": (
        ("DAZ",),
        {
            "BAL": "bald",
            "BLK": "black",
            "BLN": "blond",
            "BRO": "brown",
            "BRN": "brown",
            "BR": "brown",
            "GRY": "grey",
            "RED": "red",
            "SDY": "sandy",
            "WHI": "white",
            "UNK": "unknown",
        },
    ),
    "compliance": (("DDA",), {"F": "meets REAL ID", "M": "meets REAL ID", "N": "does not meet REAL ID"}),
    "organ_donor": (("DDK", "DBH"), {"1": "yes", "Y": "yes", "0": "no", "N": "no"}),
    "veteran": (("DDL",), {"1": "yes", "Y": "yes", "0": "no", "N": "no"}),
    "limited_duration": (("DDD",), {"1": "yes", "Y": "yes", "0": "no", "N": "no"}),
}
"""Our name: element IDs, and what their codes mean."""

TRUNCATION: Final = {"T": "yes", "N": "no", "U": "unknown"}
"""Elements DDE, DDF and DDG: whether a name was cut off to fit."""

NOTHING: Final = frozenset({"", "NONE", "UNAVL", "UNAVAIL", "UNAVAILABLE", "N/A", "NA"})
"""What issuers write where there is nothing (the standard: NONE and unavl)."""
