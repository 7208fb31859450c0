"""Which school of a OneRoster set is ours."""

from __future__ import annotations

from core.exchange.changes import Changes
from core.exchange.oneroster_files import RosterSet
from core.exchange.report import ImportReport
from core.identity.names import sort_key
from core.organizations.models import Organization
from core.web.i18n import sentence


def our_school(
    organization: Organization, roster: RosterSet, report: ImportReport, changes: Changes
) -> str | None:
    """The `sourcedId` of the school in the set that is `organization`; None if the set names no school."""
    schools = [line for line in roster.all("orgs") if line["type"].lower() == "school" and not line.deleted]
    for line in roster.all("orgs"):
        parent = line["parentSourcedId"]
        if parent and parent not in roster.tables["orgs"] and "orgs" not in roster.delta:
            line.report.remark(
                "error",
                "Такой организации в orgs.csv нет.",
                "Исправьте ссылку.",
                column="parentSourcedId",
                value=parent,
            )
    if not schools:
        return organization.external_id
    ours = [line for line in schools if line.id in (organization.external_id, str(organization.id))]
    ours = ours or [
        line
        for line in schools
        if line["identifier"] and line["identifier"] in (organization.ogrn, organization.inn)
    ]
    ours = ours or [
        line
        for line in schools
        if sort_key(line["name"]) in (organization.name_key, sort_key(organization.short_name))
    ]
    if not ours and len(schools) == 1 and not organization.external_id:
        ours = schools
    if len(ours) != 1:
        report.remark(
            "error",
            sentence(
                "Школы «%(school)s» нет в наборе: в нём %(others)s.",
                school=organization.short_name,
                others=", ".join(line["name"] for line in schools[:5]),
            ),
            "Выберите другую школу или укажите в identifier её ОГРН.",
        )
        return None
    for line in schools:
        if line is not ours[0]:
            line.report.outcome = "skipped"
            line.report.remark("note", "Другая школа: загрузите набор отдельно для неё.")
    if not organization.external_id and ours[0].id != str(organization.id):
        changes.update(Organization, organization.id, {"external_id": ours[0].id})
        changes.of_thing(
            "core.organization.update", "organization", organization.id, {"external_id": ours[0].id}
        )
        ours[0].report.outcome = "updated"
        ours[0].report.add_change(sentence("внешний номер школы: %(id)s", id=ours[0].id))
    return ours[0].id
