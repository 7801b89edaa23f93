"""Names of people and firms (tables only); a few carry accents and apostrophes, as real lists do."""


def _words(text: str) -> tuple[str, ...]:
    """Names parted by blanks; an underscore stands for a blank within one."""
    return tuple(word.replace("_", " ") for word in text.split())


FIRST_NAMES = _words(
    """James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan
    Joseph Jessica Thomas Karen Christopher Sarah Charles Lisa Daniel Nancy Matthew Sandra Anthony Betty
    Mark Ashley Donald Emily Steven Kimberly Andrew Margaret Paul Donna Joshua Michelle Kenneth Carol Kevin
    Amanda Brian Melissa Timothy Deborah Ronald Stephanie George Rebecca Jason Sharon Edward Laura Jeffrey
    Cynthia Ryan Dorothy Jacob Amy Nicholas Kathleen Gary Angela Eric Shirley Jonathan Emma Stephen Brenda
    Larry Pamela Justin Nicole Scott Anna Brandon Samantha Benjamin Katherine Samuel Christine Gregory Debra
    Alexander Rachel Patrick Carolyn Frank Janet Raymond Maria Jack Olivia Dennis Heather Jerry Helen Tyler
    Catherine Aaron Diane José Zoë André Renée Sofía Jesús Chloë François Anaïs Mónica Luis Carmen Diego
    Ximena Mateo Priya Arjun Mei Hiro Fatima Omar Aisha Dmitri Ingrid Björn Siobhán"""
)

LAST_NAMES = _words(
    """Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez
    Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez
    Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker
    Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips Evans Turner Diaz Parker Cruz Edwards
    Collins Reyes Stewart Morris Morales Murphy Cook Rogers Gutierrez Ortiz Morgan Cooper Peterson Bailey
    Reed Kelly Howard Ramos Kim Cox Ward Richardson Watson Brooks Chavez Wood James Bennett Gray Mendoza
    Ruiz Hughes Price Alvarez Castillo Sanders Patel Myers Long Ross Foster Jimenez Powell Jenkins Perry
    Russell Sullivan Bell Coleman Butler Henderson Barnes Fisher Vasquez Simmons Graham Murray Ford Castro
    Marshall Owens Harrison Fernandez McDonald Woods Washington Kennedy Wells Vargas Henry Chen Freeman Webb
    Tucker Guzman Burns Crawford Olson Simpson Porter Hunter Gordon Mendez Silva Shaw Snyder Mason Dixon
    Munoz Hunt Hicks Holmes Palmer Wagner Black O'Brien O'Connor D'Angelo Núñez Peña Müller Lindström Żak
    Nuñez-Ortega Smith-Jones van_Dyke"""
)

FIRMS = (
    "Dental Group",
    "Property Management LLC",
    "Bakery",
    "Auto Repair",
    "Homeowners Association",
    "Brewing Co.",
    "Veterinary Clinic",
    "& Sons Builders",
    "Charter School",
    "Self Storage",
    "Apartments LLC",
    "Family Restaurant",
    "Law Office, PLLC",
    "Fitness",
)

MAIL_HOSTS = ("example.com", "example.net", "example.org")

CONTACT_MEMOS = (
    None,
    None,
    None,
    "Cell",
    "Work #",
    "Owner\u2019s cell",
    "Spouse",
    "Tenant",
    "Property manager",
    "Call after 5 pm",
)
