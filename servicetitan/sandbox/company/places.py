"""Where the company's customers live: real towns, invented streets (tables only)."""

from typing import NamedTuple


class Place(NamedTuple):
    city: str
    state: str
    zip3: str
    latitude: float
    longitude: float
    hours_behind_utc: int  # standard time; Arizona keeps it all year
    tax_per_10000: int


_TOWNS = """
Phoenix|AZ|850|33.45|-112.07|7|860
Mesa|AZ|852|33.42|-111.83|7|830
Scottsdale|AZ|852|33.49|-111.92|7|805
Tucson|AZ|857|32.22|-110.97|7|870
Flagstaff|AZ|860|35.20|-111.65|7|918
Chandler|AZ|852|33.31|-111.84|7|780
Denver|CO|802|39.74|-104.99|7|881
Aurora|CO|800|39.73|-104.83|7|800
Fort Collins|CO|805|40.59|-105.08|7|755
Dallas|TX|752|32.78|-96.80|6|825
Houston|TX|770|29.76|-95.37|6|825
Austin|TX|787|30.27|-97.74|6|825
San Antonio|TX|782|29.42|-98.49|6|825
El Paso|TX|799|31.76|-106.49|7|825
Nashville|TN|372|36.16|-86.78|6|925
Chicago|IL|606|41.88|-87.63|6|1025
Naperville|IL|605|41.79|-88.15|6|775
Atlanta|GA|303|33.75|-84.39|5|890
Savannah|GA|314|32.08|-81.09|5|700
Charlotte|NC|282|35.23|-80.84|5|725
Raleigh|NC|276|35.78|-78.64|5|725
Columbus|OH|432|39.96|-83.00|5|750
Cleveland|OH|441|41.50|-81.69|5|800
Orlando|FL|328|28.54|-81.38|5|650
Tampa|FL|336|27.95|-82.46|5|750
Pensacola|FL|325|30.42|-87.22|6|750
Boston|MA|021|42.36|-71.06|5|625
Springfield|MA|011|42.10|-72.59|5|625
Las Vegas|NV|891|36.17|-115.14|8|838
Reno|NV|895|39.53|-119.81|8|827
San Diego|CA|921|32.72|-117.16|8|775
Sacramento|CA|958|38.58|-121.49|8|875
Fresno|CA|937|36.74|-119.79|8|835
Seattle|WA|981|47.61|-122.33|8|1035
Spokane|WA|992|47.66|-117.43|8|910
"""


def _words(text: str) -> tuple[str, ...]:
    """Names parted by blanks; an underscore stands for a blank within one."""
    return tuple(word.replace("_", " ") for word in text.split())


def _place(line: str) -> Place:
    city, state, zip3, latitude, longitude, hours, tax = line.split("|")
    return Place(city, state, zip3, float(latitude), float(longitude), int(hours), int(tax))


PLACES: tuple[Place, ...] = tuple(_place(line) for line in _TOWNS.strip().splitlines())

STREETS = _words(
    """Saguaro Ironwood Mesquite Palo_Verde Ocotillo Juniper Cottonwood Aspen Bluebonnet Pecan Magnolia
    Dogwood Sycamore Chestnut Walnut Hickory Laurel Willow Maple Cedar Birch Elmhurst Oakridge Pinecrest
    Lakeview Riverside Hillcrest Sunnyside Meadowbrook Fairview Highland Prospect Franklin Jefferson
    Madison Lincoln Jackson Monroe Adams Harrison Cleveland Garfield Sheridan Sherman Grant Lafayette
    Roosevelt Canyon Mesa_Vista Camino_Real Mission Presidio Alameda Esperanza Rosewood Thornhill
    Brookside Stonegate Foxglove Larkspur Primrose Heather Windsor Lancaster York Bristol Kingston
    Oxford"""
)
STREET_KINDS = ("St", "Ave", "Dr", "Ln", "Ct", "Blvd", "Rd", "Way", "Pl", "Cir")
COMPASS = ("", "", "", "N ", "S ", "E ", "W ", "")

# Any of them with 555-01xx after it belongs to nobody: that range is kept free for fiction.
AREA_CODES = _words(
    """201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 224 225 228 229 231 234 239 240 248
    251 252 253 254 256 260 262 267 269 270 276 281 301 302 303 304 305 307 308 309 310 312 313 314 315 316
    317 318 319 320 321 323 325 330 331 334 336 337 339 346 347 351 352 360 361 385 386 401 402 404 405 406
    407 408 409 410 412 413 414 415 417 419 423 424 425 430 432 434 435 440 442 443 469 470 475 478 479 480
    484 501 502 503 504 505 507 508 509 510 512 513 515 516 517 518 520 530 534 539 540 541 551 559 561 562
    563 567 570 571 573 574 575 580 585 586 601 602 603 605 606 607 608 609 610 612 614 615 616 617 618 619
    620 623 626 630 631 636 641 646 650 651 657 660 661 662 667 669 678 681 682 701 702 703 704 706 707 708
    712 713 714 715 716 717 718 719 720 724 727 731 732 734 737 740 747 754 757 760 762 763 765 769 770 772
    773 774 775 779 781 785 786 801 802 803 804 805 806 808 810 812 813 814 815 816 817 818 828 830 831 832
    843 845 847 848 850 856 857 858 859 860 862 863 864 865 870 872 878 901 903 904 906 907 908 909 910 912
    913 914 915 916 917 918 919 920 925 928 929 930 931 934 936 937 938 940 941 947 949 951 952 954 956 970
    971 972 973 978 979 980 984 985 989"""
)
