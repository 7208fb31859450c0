"""Settings of an installation: `moyashkola.toml` and environment variables, one typed object.

Every setting is documented once, here; `docs/settings.md` is generated from this file.
A variable wins over the file; a plugin's own settings stand in `[plugins.<name>]` or in
`MOYASHKOLA_<PREFIX>_<NAME>` with the prefix its manifest gives.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast, get_type_hints

import msgspec
from msgspec import Meta

from core.errors import ConfigurationError

PREFIX = "MOYASHKOLA_"
FILE_NAME = "moyashkola.toml"

T = TypeVar("T", bound=msgspec.Struct)


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an operator decides about an installation before it starts."""

    home: Annotated[str, Meta(description="Папка данных: база SQLite, файлы, ключи.")] = "data"
    database_url: Annotated[
        str, Meta(description="Адрес базы данных: пусто – файл portal.sqlite3 в папке данных; postgresql://…")
    ] = ""
    database_replicas: Annotated[
        list[str], Meta(description="Адреса реплик PostgreSQL только для чтения, через запятую.")
    ] = []
    database_pool: Annotated[int, Meta(ge=1, le=200, description="Соединений с базой на один процесс.")] = 10
    host: Annotated[str, Meta(description="Сетевой адрес, на котором слушает сервер.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="Порт сервера.")] = 8000
    workers: Annotated[int, Meta(ge=1, le=64, description="Процессов сервера; с SQLite – один.")] = 1
    base_url: Annotated[
        str, Meta(description="Внешний адрес портала, например https://school.example.org. Пусто – по порту.")
    ] = ""
    trusted_proxies: Annotated[
        list[str],
        Meta(description="Адреса прокси, которым портал верит в заголовке X-Forwarded-For, через запятую."),
    ] = msgspec.field(default_factory=lambda: ["127.0.0.1", "::1"])
    production: Annotated[
        bool, Meta(description="Рабочая установка: стенд ЕСИА запрещён, куки только по HTTPS.")
    ] = False
    secret_key: Annotated[
        str, Meta(description="Секрет для подписей. Пусто – создаётся в папке данных при первом запуске.")
    ] = ""
    plugins: Annotated[
        list[str] | None, Meta(description="Какие установленные плагины загружать; не задано – все.")
    ] = None
    redis_url: Annotated[str, Meta(description="Redis для живых обновлений нескольких серверов.")] = ""
    live: Annotated[
        str,
        Meta(
            pattern="^(auto|memory|redis|postgresql)$",
            description="Шина живых обновлений: auto, memory, redis или postgresql.",
        ),
    ] = "auto"
    tasks_in_server: Annotated[
        bool, Meta(description="Выполнять фоновые задачи в сервере (иначе – `moyashkola worker`).")
    ] = True
    files_url: Annotated[
        str, Meta(description="Где лежат файлы: пусто – в папке данных; s3://ведро/префикс.")
    ] = ""
    s3_endpoint: Annotated[str, Meta(description="Адрес хранилища S3.")] = ""
    s3_region: Annotated[str, Meta(description="Регион хранилища S3.")] = "us-east-1"
    s3_access_key: Annotated[str, Meta(description="Ключ доступа S3.")] = ""
    s3_secret_key: Annotated[str, Meta(description="Секретный ключ S3.")] = ""
    upload_limit_mb: Annotated[int, Meta(ge=1, description="Наибольший размер загружаемого файла, МБ.")] = 50
    webhook_networks: Annotated[
        list[str],
        Meta(
            description="Сети, куда портал отправляет события, хотя они не из открытого интернета, через запятую: "
            "10.20.0.0/16, 127.0.0.1/32. Пусто – только открытые адреса."
        ),
    ] = []
    session_idle_minutes: Annotated[
        int, Meta(ge=1, description="Через сколько минут бездействия сеанс заканчивается.")
    ] = 720
    session_absolute_hours: Annotated[
        int, Meta(ge=1, description="Через сколько часов сеанс заканчивается в любом случае.")
    ] = 336
    trusted_installations: Annotated[
        list[str],
        Meta(
            description="Другие установки, чьим файлам учеников верить без сверки отпечатка, через запятую: "
            "«Название=открытый ключ». Ключ печатает `moyashkola pupil-file key` той установки."
        ),
    ] = []
    staff_confirmation: Annotated[
        str,
        Meta(
            pattern="^(never|unverified|always)$",
            description="Когда роль, которую дала школа, подтверждает координатор: never – никогда, unverified – "
            "если личность не подтвердил внешний вход (Госуслуги), always – всегда.",
        ),
    ] = "unverified"
    child_account_confirmation: Annotated[
        str,
        Meta(
            pattern="^(never|unverified|always)$",
            description="Когда школа подтверждает учётную запись, которую родитель заводит ребёнку до 14 лет: never – "
            "никогда, unverified – если родитель не входил через Госуслуги с подтверждённой записью, always – всегда.",
        ),
    ] = "unverified"
    request_reminder_days: Annotated[
        int,
        Meta(
            ge=0,
            le=10,
            description="За сколько рабочих дней до срока напомнить о запросе тому, кто его решает; 0 – не напоминать.",
        ),
    ] = 1
    merge_undo_days: Annotated[
        int,
        Meta(
            ge=1,
            le=365,
            description="Сколько дней можно разделить людей, которых объединили по ошибке. Столько же портал хранит, "
            "что было до объединения.",
        ),
    ] = 30
    keep_views_days: Annotated[
        int, Meta(ge=1, description="Сколько дней хранить записи о том, кто смотрел данные людей: 90–1095.")
    ] = 365
    keep_notifications_days: Annotated[
        int, Meta(ge=1, description="Сколько дней хранить уведомления: 30–1095.")
    ] = 365
    keep_exports_days: Annotated[
        int, Meta(ge=1, description="Сколько дней хранить архивы, выгруженные по просьбе человека: 1–30.")
    ] = 7
    keep_papers_days: Annotated[
        int,
        Meta(ge=1, description="Сколько дней хранить бумаги и выгрузки, заказанные в фоне: 1–30."),
    ] = 14
    keep_imports_days: Annotated[
        int, Meta(ge=1, description="Сколько дней хранить загруженные таблицы и отчёты о загрузке: 1–365.")
    ] = 30
    keep_drafts_days: Annotated[
        int, Meta(ge=1, description="Сколько дней хранить черновики запросов: 30–730.")
    ] = 180
    keep_questions_days: Annotated[
        int, Meta(ge=1, description="Сколько дней хранить вопросы в поддержку: 30–1095.")
    ] = 365
    keep_consents_days: Annotated[
        int,
        Meta(ge=1, description="Сколько дней после отзыва хранить сведения о согласии: 1096–3650."),
    ] = 1096
    yandex_metrika: Annotated[
        str,
        Meta(
            pattern=r"^\d{0,12}$",
            description="Номер счётчика Яндекс Метрики; пусто – счётчика нет. Загружается только после согласия и "
            "только там, где никто не вошёл.",
        ),
    ] = ""
    support_contact: Annotated[str, Meta(description="Контакт поддержки на страницах входа и ошибок.")] = ""
    theme: Annotated[str, Meta(description="Тема оформления, если регион не выбрал свою.")] = "base"
    locale: Annotated[str, Meta(pattern="^(ru|en)$", description="Язык по умолчанию.")] = "ru"
    timezone: Annotated[str, Meta(description="Часовой пояс по умолчанию.")] = "Europe/Moscow"
    log_level: Annotated[
        str, Meta(pattern="^(debug|info|warning|error)$", description="Подробность журнала работы.")
    ] = "info"
    log_format: Annotated[str, Meta(pattern="^(text|json)$", description="Вид журнала работы.")] = "text"
    plugin_sections: Annotated[
        dict[str, dict[str, Any]], Meta(description="Настройки плагинов, секции [plugins.<имя>].")
    ] = {}
    environment: Annotated[
        dict[str, str], Meta(description="Переменные MOYASHKOLA_*, которые относятся к плагинам.")
    ] = {}

    @property
    def home_path(self) -> Path:
        """The data folder, absolute."""
        return Path(self.home).expanduser().resolve()

    @property
    def database_address(self) -> str:
        """The database's address with the default filled in."""
        return self.database_url or f"sqlite:///{self.home_path / 'portal.sqlite3'}"

    @property
    def address(self) -> str:
        """The portal's address as people see it, without a final slash."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")

    def secret(self) -> bytes:
        """The signing secret; made in the data folder at first use.

        Raises `ConfigurationError` if its file cannot be read or made, or is empty.
        """
        if self.secret_key:
            return self.secret_key.encode()
        path = self.home_path / "secret.key"
        try:
            if not path.exists():
                prepare_home(self)
                _create_secret(path)
            found = path.read_bytes().strip()
        except OSError as error:
            raise ConfigurationError(
                f"Секрет портала {path} не прочитать и не создать: {error.strerror}.",
                advice="Дайте пользователю, от которого работает портал, права на этот файл и место на диске "
                "или задайте MOYASHKOLA_SECRET_KEY.",
            ) from error
        if not found:
            raise ConfigurationError(
                f"Секрет портала {path} пуст.",
                advice="Восстановите файл из резервной копии. Если её нет, удалите его: всем придётся войти заново.",
            )
        return found

    def section(self, name: str, prefix: str, kind: type[T]) -> T:
        """The installation settings of plugin `name` as its own struct.

        Raises `ConfigurationError` naming the setting that is wrong.
        """
        values = dict(self.plugin_sections.get(name, {}))
        for field in msgspec.structs.fields(kind):
            variable = f"{PREFIX}{prefix}_{field.name.upper()}"
            if variable in self.environment:
                values[field.name] = from_text(self.environment[variable], field.type)
        return convert(values, kind, f"[plugins.{name}]")


def from_text(value: str, kind: Any) -> Any:
    """A variable's text as the value msgspec expects: lists are split at commas, words become booleans."""
    shape = str(kind)
    if "list[" in shape:
        return [part.strip() for part in value.split(",") if part.strip()]
    if "bool" in shape:
        return value.strip().lower() in ("1", "true", "yes", "on", "да")
    return value


def convert(values: Mapping[str, Any], kind: type[T], place: str) -> T:
    """Validate `values` as `kind`; a `ConfigurationError` names `place` and what is wrong."""
    try:
        return msgspec.convert(dict(values), kind, strict=False)
    except msgspec.ValidationError as error:
        unknown = re.search(r"unknown field `(.+?)`", str(error))
        wrong = re.search(r"\$\.(\w+)", str(error))
        if unknown:
            message = f"В настройках {place} есть неизвестная: «{unknown[1]}»."
        elif wrong:
            value = dict(values).get(wrong[1])
            message = f"Настройка «{wrong[1]}» ({place}) имеет неверное значение: {value!r}."
        else:
            message = f"Настройки {place}: {error}."
        raise ConfigurationError(
            message, advice="Исправьте её; все настройки описаны в docs/settings.md."
        ) from error


def load(file: Path | None = None, environment: Mapping[str, str] | None = None) -> Config:
    """Read the settings.

    Looks for `file`, else `$MOYASHKOLA_CONFIG`, else `moyashkola.toml` in the current folder, else in
    the data folder. Raises `ConfigurationError` for an unreadable file, an unknown or a wrong setting.
    """
    environment = os.environ if environment is None else environment
    values = _from_file(file, environment)
    sections = values.pop("plugins_settings", {})
    hints = get_type_hints(Config)
    rest: dict[str, str] = {}
    for variable, text in environment.items():
        if not variable.startswith(PREFIX) or variable == PREFIX + "CONFIG":
            continue
        name = variable[len(PREFIX) :].lower()
        if name in hints and name not in ("plugin_sections", "environment"):
            values[name] = from_text(text, hints[name])
        else:
            rest[variable] = text
    return convert({**values, "plugin_sections": sections, "environment": rest}, Config, FILE_NAME)


def _from_file(file: Path | None, environment: Mapping[str, str]) -> dict[str, Any]:
    named = file or (Path(environment[PREFIX + "CONFIG"]) if environment.get(PREFIX + "CONFIG") else None)
    home = Path(environment.get(PREFIX + "HOME", "data"))
    candidates = [named] if named else [Path(FILE_NAME), home / FILE_NAME]
    for path in candidates:
        if not path.exists():
            continue
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ConfigurationError(
                f"Файл настроек {path} не читается: {error}.", advice="Исправьте файл и запустите снова."
            ) from error
        return _split_plugins(values)
    if named:
        raise ConfigurationError(f"Файла настроек {named} нет.", advice="Проверьте путь в --config.")
    return {}


def _split_plugins(values: dict[str, Any]) -> dict[str, Any]:
    """`[plugins.<name>]` holds a plugin's settings, `plugins.load` the list of those to load."""
    found = values.pop("plugins", None)
    if isinstance(found, list):
        values["plugins"] = found
    elif isinstance(found, dict):
        sections = cast("dict[str, Any]", found)
        if "load" in sections:
            values["plugins"] = sections.pop("load")
        values["plugins_settings"] = sections
    return values


def _create_secret(path: Path) -> None:
    """Write a new secret whole or not at all; of several processes that try at once the first one's stays."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        draft.touch(mode=0o600, exist_ok=False)
        draft.write_text(secrets.token_urlsafe(48), encoding="ascii")
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def prepare_home(config: Config) -> None:
    """Make the data folder. Raises `ConfigurationError` if it cannot be written to."""
    home = config.home_path
    try:
        # Nobody else on the machine reads the database, the uploaded files and the secret in it.
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        # A file without a name of its own: processes that start at once do not take it from each other.
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as error:
        raise ConfigurationError(
            f"В папку данных {home} нельзя писать.",
            advice="Дайте права на запись или укажите другую папку в MOYASHKOLA_HOME.",
        ) from error
