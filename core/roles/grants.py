"""What each role kind may do: defaults of the permissions, cut down to the plugins that are on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from core.contributions import Scope
from core.permissions import CORE_PERMISSIONS, CORE_SCOPES
from core.roles.kinds import CORE_ROLE_KINDS
from core.roles.permissions import Permission, Reach, RoleKind
from core.web.i18n import gettext, sentence

if TYPE_CHECKING:
    from core.organizations.switches import Switches
    from core.plugins import Plugins
    from core.roles.actor import ActingRole


class Grants:
    """The permissions of every role kind in this portal."""

    def __init__(self, plugins: Plugins, switches: Switches) -> None:
        self._switches = switches
        self.permissions: dict[str, Permission] = {}
        self.owners: dict[str, str] = {}
        self.scopes: dict[str, Scope] = {scope.name: scope for scope in CORE_SCOPES}
        self.kinds: dict[str, RoleKind] = {kind.name: kind for kind in CORE_ROLE_KINDS}
        for permission in CORE_PERMISSIONS:
            self.permissions[permission.name] = permission
        for plugin, permission in plugins.each("permissions"):
            self.permissions[permission.name] = permission
            self.owners[permission.name] = plugin.name
        for _plugin, kind in plugins.each("role_kinds"):
            self.kinds.setdefault(kind.name, kind)
        for _plugin, scope in plugins.each("api_scopes"):
            self.scopes.setdefault(scope.name, scope)
        self._defaults: dict[str, dict[str, Reach]] = {kind: self._of_kind(kind) for kind in self.kinds}
        self._cache: dict[tuple[str, str], Mapping[str, Reach]] = {}
        self._version = -1

    def _of_kind(self, kind: str) -> dict[str, Reach]:
        granted = {
            name: permission.grants[kind]
            for name, permission in self.permissions.items()
            if kind in permission.grants
        }
        return {**granted, **{n: r for n, r in self.kinds[kind].grants.items() if n in self.permissions}}

    def holders(self, permission: str) -> dict[str, Reach]:
        """The role kinds that have `permission` where its plugin is on, each with its reach."""
        return {kind: found[permission] for kind, found in self._defaults.items() if permission in found}

    def of(self, kind: str, path: str) -> Mapping[str, Reach]:
        """What a role of `kind` may do in the organization with this path, as plugins are switched now."""
        if self._version != self._switches.version:
            self._cache, self._version = {}, self._switches.version
        key = (kind, path)
        found = self._cache.get(key)
        if found is None:
            found = self._cache[key] = {
                name: reach
                for name, reach in self._changed(kind, self._switches.role_grants(kind, path)).items()
                if name not in self.owners or self._switches.is_on(self.owners[name], path)
            }
        return found

    def narrowed(self, kind: str, path: str) -> Mapping[str, Reach]:
        """What is left of `of` for a role that reaches only a group of organizations below that one.

        The organization itself does not belong to the group.
        """
        return {
            name: reach
            for name, reach in self.of(kind, path).items()
            if reach is not Reach.ORGANIZATION and not self.permissions[name].central
        }

    def of_role(self, role: ActingRole) -> Mapping[str, Reach]:
        """What a role may do and how far."""
        allowed = self.of if role.group_id is None else self.narrowed
        return allowed(role.kind, role.organization_path)

    def title_of(self, role: ActingRole) -> str:
        """What a role is called, with the class of a class teacher, and until when one is a substitute."""
        title = str(self.kinds[role.kind].title) if role.kind in self.kinds else role.kind
        if role.school_class_name:
            title = sentence("%(role)s %(name)s", role=title, name=role.school_class_name)
        if role.substitute_until is not None:
            day = f"{role.substitute_until:%d.%m.%Y}"
            title = sentence("%(role)s (замещение до %(day)s)", role=title, day=day)
        return gettext(title)

    def defaults(self, kind: str) -> Mapping[str, Reach]:
        """What a role of `kind` may do where nobody has changed it and every plugin is on."""
        return self._defaults.get(kind, {})

    def _changed(self, kind: str, changes: Mapping[str, int]) -> Mapping[str, Reach]:
        defaults = self._defaults.get(kind, {})
        if not changes:
            return defaults
        given = {name: Reach(reach) for name, reach in changes.items() if reach and name in self.permissions}
        kept = {name: reach for name, reach in defaults.items() if name not in changes}
        return {**kept, **given}

    def cut_to_scopes(self, granted: Mapping[str, Reach], scopes: Iterable[str]) -> Mapping[str, Reach]:
        """What is left of `granted` with a token of these scopes."""
        allowed = {
            permission
            for scope in scopes
            if scope in self.scopes
            for permission in self.scopes[scope].permissions
        }
        return {name: reach for name, reach in granted.items() if name in allowed}
