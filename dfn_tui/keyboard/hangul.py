"""Which keys were pressed on a Korean keyboard (두벌식), told from the letters that arrived.

An input method sends letters, or whole syllables made of up to five keys. Where a key means a command, what
counts is the key: `ㄴ` lies on `s`, and `녀` was typed as `s` `u`. Syllables are parted by the arithmetic of
Unicode's Hangul block; the tables below are in the order of its three parts.
"""

_LEADING = ("r", "R", "s", "e", "E", "f", "a", "q", "Q", "t", "T", "d", "w", "W", "c", "z", "x", "v", "g")
_VOWELS = (
    *("k", "o", "i", "O", "j", "p", "u", "P", "h", "hk", "ho"),
    *("hl", "y", "n", "nj", "np", "nl", "b", "m", "ml", "l"),
)
_FINAL = (
    *("", "r", "R", "rt", "s", "sw", "sg", "e", "f", "fr", "fa", "fq", "ft", "fx"),
    *("fv", "fg", "a", "q", "qt", "t", "T", "d", "w", "c", "z", "x", "v", "g"),
)
# The letters by themselves, as an input method shows them (ㄱ to ㅎ, then ㅏ to ㅣ).
_ALONE = (
    *("r", "R", "rt", "s", "sw", "sg", "e", "E", "f", "fr", "fa", "fq", "ft", "fx", "fv", "fg"),
    *("a", "q", "Q", "qt", "t", "T", "d", "w", "W", "c", "z", "x", "v", "g"),
    *_VOWELS,
)
_SYLLABLES = 0xAC00
_BLOCKS = ((0x3131, _ALONE), (0x1100, _LEADING), (0x1161, _VOWELS), (0x11A7, _FINAL))
"""Where each kind of letter begins; the last three are those that syllables are joined from."""


def latin_keys(letter: str) -> str:
    """The Latin letters on the keys that were pressed for it, in order; empty where it is no Hangul.

    A capital stands for Shift, which makes five consonants double (ㅆ is `T`) and two vowels others (ㅒ is
    `O`). Of all other letters an input method does not tell whether Shift was held: they come as small ones.
    """
    if len(letter) != 1:
        return ""
    point = ord(letter)
    if 0 <= (at := point - _SYLLABLES) < len(_LEADING) * len(_VOWELS) * len(_FINAL):
        at, final = divmod(at, len(_FINAL))
        leading, vowel = divmod(at, len(_VOWELS))
        return _LEADING[leading] + _VOWELS[vowel] + _FINAL[final]
    return next((keys[point - begin] for begin, keys in _BLOCKS if 0 <= point - begin < len(keys)), "")
