"""The API's types that screens and commands name: users, their values, and what an API version can do.

Given on, because nothing above the service reaches below it. Light: the first screen needs them.
"""

from dfn_tui.api.types import Capabilities, Identity, IdentityKind, StandardProperty, Value, ValueType

__all__ = ["Capabilities", "Identity", "IdentityKind", "StandardProperty", "Value", "ValueType"]
