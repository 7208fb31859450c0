"""What names that mean the same everywhere in the API stand for, in Russian.

A parameter or a field called so needs no description of its own, in the core and in plugins; one that has its
own (`Meta(description=…)`) keeps it. A name belongs here only if nobody would call something else by it.
"""

from __future__ import annotations

from collections.abc import Mapping

COMMON: Mapping[str, str] = {
    # Keys.
    "id": "Ключ записи, UUID; никогда не меняется.",
    "external_id": "Ключ записи в системе, из которой её загрузили; null, если её завели в портале.",
    "academic_year_id": "Ключ учебного года.",
    "account_id": "Ключ учётной записи.",
    "file_id": "Ключ файла.",
    "group_id": "Ключ группы организаций.",
    "grouping_id": "Ключ класса или группы учеников.",
    "import_id": "Ключ проверки или загрузки данных.",
    "lesson_id": "Ключ урока.",
    "mark_id": "Ключ отметки.",
    "notification_id": "Ключ уведомления.",
    "organization_id": "Ключ организации.",
    "page_id": "Ключ страницы журнала.",
    "person_id": "Ключ человека.",
    "pupil_group_id": "Ключ группы учеников.",
    "pupil_id": "Ключ ученика (человека).",
    "request_id": "Ключ запроса.",
    "run_id": "Ключ загрузки в истории.",
    "role_id": "Ключ структурной роли.",
    "school_class_id": "Ключ класса.",
    "subject_id": "Ключ предмета.",
    "task_id": "Ключ фоновой работы: его вернул запрос, который её начал.",
    "teacher_id": "Ключ учителя (человека).",
    "year_id": "Ключ учебного года.",
    "token_id": "Ключ записи о ключе доступа, а не его текст.",
    # Lists.
    "items": "Записи этой страницы списка.",
    "next": "Значение `after` для следующей страницы списка; null, если эта последняя.",
    # Days and moments.
    "day": "День, ГГГГ-ММ-ДД.",
    "monday": "Понедельник этой недели, ГГГГ-ММ-ДД.",
    "starts_on": "Первый день, ГГГГ-ММ-ДД; сам входит в срок.",
    "ends_on": "Последний день, ГГГГ-ММ-ДД; сам входит в срок.",
    "starts_at": "Начало урока по времени школы, ЧЧ:ММ:СС; null, если время не задано.",
    "ends_at": "Конец урока по времени школы, ЧЧ:ММ:СС; null, если время не задано.",
    "created_at": "Когда создано: момент с часовым поясом.",
    # People.
    "last_name": "Фамилия.",
    "first_name": "Имя.",
    "middle_name": "Отчество; null, если его нет.",
    "birth_date": "Дата рождения, ГГГГ-ММ-ДД.",
    "phone": "Телефон.",
    "email": "Адрес электронной почты.",
    # School.
    "grade_level": "Параллель: номер класса, от 1 до 12.",
    "subject": "Название предмета.",
    "teacher": "Учитель, «Фамилия И. О.»; пусто, если он не назначен.",
    "school_class": "Название класса: «7А».",
    "group": "Название группы учеников; пусто, если урок у всего класса.",
    "room": "Кабинет; пусто, если не указан.",
    "topic": "Тема урока; пусто, если не записана.",
    "homework": "Домашнее задание, которое дали на этом уроке; пусто, если не задано.",
    "homework_minutes": "Сколько минут займёт домашнее задание; null, если не указано.",
    "control_kind": "Код вида работы из настроек журнала: `control`, `test`; пусто – обычный урок.",
}
