"""The portal's core: identity, organizations, roles, and the contract every plugin is written against."""

from importlib.metadata import PackageNotFoundError, version

CORE_API = "1.0"
"""Version of the plugin contract. A plugin's manifest names the range it works with."""

try:
    __version__ = version("moyashkola")
except PackageNotFoundError:
    __version__ = "0"
