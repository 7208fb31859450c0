"""The benchmark's tables as Django models."""

from __future__ import annotations

from django.db import models


class Person(models.Model):
    """A pupil or teacher."""

    id = models.UUIDField(primary_key=True)
    last_name = models.TextField()
    first_name = models.TextField()
    middle_name = models.TextField(null=True)
    name_key = models.TextField()

    class Meta:
        managed = False
        db_table = "core_person"

    def short_name(self) -> str:
        """«Фамилия И. О.»."""
        return f"{self.last_name} {self.first_name[0]}. {(self.middle_name or '')[:1]}."


class Account(models.Model):
    """An account."""

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey(Person, models.DO_NOTHING)
    status = models.TextField()

    class Meta:
        managed = False
        db_table = "core_account"


class Session(models.Model):
    """A sign-in session."""

    id = models.UUIDField(primary_key=True)
    token_hash = models.BinaryField()
    account = models.ForeignKey(Account, models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "core_session"


class Enrollment(models.Model):
    """A pupil's place in a class."""

    id = models.UUIDField(primary_key=True)
    school_class_id = models.UUIDField()
    person = models.ForeignKey(Person, models.DO_NOTHING)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)

    class Meta:
        managed = False
        db_table = "core_enrollment"


class Page(models.Model):
    """A page of the journal."""

    id = models.UUIDField(primary_key=True)
    school_class_id = models.UUIDField()

    class Meta:
        managed = False
        db_table = "journal_page"


class Lesson(models.Model):
    """A lesson of a page."""

    id = models.UUIDField(primary_key=True)
    page = models.ForeignKey(Page, models.DO_NOTHING)
    day = models.DateField()
    number = models.IntegerField()
    topic = models.TextField()
    homework = models.TextField()
    homework_minutes = models.IntegerField(null=True)
    control_kind = models.TextField()

    class Meta:
        managed = False
        db_table = "journal_lesson"


class Mark(models.Model):
    """A mark."""

    id = models.UUIDField(primary_key=True)
    page = models.ForeignKey(Page, models.DO_NOTHING)
    lesson = models.ForeignKey(Lesson, models.DO_NOTHING)
    pupil = models.ForeignKey(Person, models.DO_NOTHING)
    value = models.TextField()
    score = models.IntegerField(null=True)
    weight = models.IntegerField()
    position = models.IntegerField()
    is_retake = models.BooleanField()
    comment = models.TextField()
    revision = models.IntegerField()

    class Meta:
        managed = False
        db_table = "journal_mark"


class Absence(models.Model):
    """An absence."""

    id = models.UUIDField(primary_key=True)
    page = models.ForeignKey(Page, models.DO_NOTHING)
    lesson = models.ForeignKey(Lesson, models.DO_NOTHING)
    pupil = models.ForeignKey(Person, models.DO_NOTHING)
    code = models.TextField()
    minutes = models.IntegerField(null=True)
    revision = models.IntegerField()

    class Meta:
        managed = False
        db_table = "journal_attendance"


class Remark(models.Model):
    """Praise or a remark."""

    id = models.UUIDField(primary_key=True)
    page = models.ForeignKey(Page, models.DO_NOTHING)
    lesson = models.ForeignKey(Lesson, models.DO_NOTHING)
    pupil = models.ForeignKey(Person, models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "journal_remark"
