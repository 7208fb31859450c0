"""Fixtures and the contract test, for the portal's own tests and for vendors of plugins.

In a vendor's `conftest.py`: `pytest_plugins = ["core.testing.fixtures"]`. Then a test says, for instance:

    def test_the_menu_is_shown(portal: PortalUnderTest) -> None:
        head = portal.sign_in("head")
        assert "Столовая" in head.get("/canteen").text
"""

from core.testing.portal import PortalUnderTest, Visitor

__all__ = ["PortalUnderTest", "Visitor"]
