"""Where somebody is reached: e-mail addresses, phones in E.164 and Korean form, IP addresses.

Their look-alikes: file names with an @, version numbers with four parts, times with colons, the end of a UUID.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import AddressValueError, IPv4Address, IPv6Address, IPv6Network
from typing import Final

from security.pii_forms import BEGINS, ENDS, Hit, says

_LOCAL: Final = re.compile(r"[\w.+%'-]{1,64}\Z")
_DOMAIN: Final = re.compile(
    r"(?:(?:[A-Za-z0-9-]{1,63}\.)+([A-Za-z]{2,24})|(?:[\w-]{1,63}\.)+([^\W\d_]{2,24}))(?![A-Za-z0-9-])"
)
_FILES: Final = frozenset(("png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js"))  # icon@2x.png
_INTERNATIONAL: Final = re.compile(r"\+(?<![\w+].)[1-9](?:[ ().-]{0,2}[0-9]){6,14}" + ENDS)
_KOREAN: Final = re.compile(
    rf"[0(]{BEGINS}(?:(?<=[(])0)?(?:1[016789]\)?[ .-]?[0-9]{{3,4}}[ .-]?[0-9]{{4}}"
    rf"|(?:2|[3-6][1-5]|70|50[0-9])(?:[ -]|\) ?)[0-9]{{3,4}}[ -][0-9]{{4}}){ENDS}"
)
_IPV4: Final = re.compile(r"[0-9](?<![0-9A-Za-z.].)[0-9]{0,2}(?:\.[0-9]{1,3}){3}(?![0-9A-Za-z]|\.[0-9])")
_IPV6: Final = re.compile(r"[0-9A-Fa-f](?<![0-9A-Za-z:.].)[0-9A-Fa-f]{0,3}(?::[0-9A-Fa-f]{0,4}){2,7}(?![0-9A-Za-z:])")
_REACHED: Final = (IPv6Network("2000::/3"), IPv6Network("fc00::/7"), IPv6Network("fe80::/10"))
_SAYS_VERSION: Final = re.compile(r"\b(?:versions?|release|firmware|build)\b|버전")


def emails(text: str, _name: str) -> Iterator[Hit]:
    at = text.find("@")
    while at >= 0:
        local, domain = _LOCAL.search(text, max(0, at - 64), at), _DOMAIN.match(text, at + 1)
        if local and domain and (domain[1] or domain[2]).lower() not in _FILES:
            yield Hit("email", local.start(), domain.end())
        at = text.find("@", at + 1)


def phones(text: str, _name: str) -> Iterator[Hit]:
    for form, region in ((_INTERNATIONAL, None), (_KOREAN, "KR")):
        for match in form.finditer(text):
            if _is_phone(match[0], region):
                yield Hit("phone", *match.span())


def ip_addresses(text: str, name: str) -> Iterator[Hit]:
    for match in _IPV4.finditer(text):
        if _is_somebodys(match[0]) and not says(_SAYS_VERSION, text, match, name):
            yield Hit("ip", *match.span())
    for match in _IPV6.finditer(text):
        with suppress(AddressValueError):
            if any(IPv6Address(match[0]) in network for network in _REACHED):
                yield Hit("ip", *match.span())


def _is_phone(text: str, region: str | None) -> bool:
    import phonenumbers  # 34 ms: only where something looks like a phone

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, region))
    except phonenumbers.NumberParseException:
        return False


def _is_somebodys(text: str) -> bool:
    try:
        address = IPv4Address(text)
    except AddressValueError:
        return False
    return not (address.is_loopback or address.is_unspecified or text == "255.255.255.255")
