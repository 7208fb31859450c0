"""Words in Python that are marked for the catalogues: arguments of `sentence` and its like, errors, labels."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

ERRORS = {
    "PortalError",
    "Invalid",
    "SignInNeeded",
    "Forbidden",
    "NotFound",
    "Conflict",
    "TooLarge",
    "TooMany",
    "Unavailable",
    "Wrong",
}
MARKS = {"_", "gettext", "lazy", "sentence"}
COUNTED = {"ngettext", "counted"}
Message = str | tuple[str, str]


def in_python(tree: ast.Module, documented: set[str], errors: set[str]) -> Iterator[Message]:
    """The sentences of a module without the classes `documented`.

    A `Meta` with a title labels a field of a form; one without documents a field of the programs' interface.
    """
    skipped = {
        id(node)
        for each in tree.body
        if isinstance(each, ast.ClassDef) and each.name in documented
        for node in ast.walk(each)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or id(node) in skipped:
            continue
        function = called(node)
        texts = [text_of(argument) for argument in node.args]
        keywords = {each.arg: text_of(each.value) for each in node.keywords}
        if function in COUNTED and len(texts) >= 2 and texts[0] and texts[1]:
            yield texts[0], texts[1]
        elif function in MARKS and texts and texts[0]:
            yield texts[0]
        elif function in errors:
            yield from filter(None, (*texts[:1], keywords.get("advice")))
            for each in node.keywords:
                if each.arg == "fields" and isinstance(each.value, ast.Dict):
                    yield from filter(None, map(text_of, each.value.values))
        elif function == "remark":
            yield from filter(None, (*texts[1:3], keywords.get("advice")))
        elif function == "Meta" and keywords.get("title"):
            yield from filter(None, (keywords.get("title"), keywords.get("description")))
            for each in node.keywords:
                if each.arg == "extra_json_schema":
                    yield from titles_of_choices(each.value)


def called(node: ast.Call) -> str:
    """The name of what is called, without the object it belongs to."""
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def configurations_of(trees: Iterable[ast.Module]) -> set[str]:
    """The classes that hooks `configuration()` return: settings of an installation, documented in Russian."""
    return {
        node.returns.slice.id
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and node.name == "configuration"
        and isinstance(node.returns, ast.Subscript)
        and isinstance(node.returns.slice, ast.Name)
    }


def errors_of(trees: Iterable[ast.Module]) -> set[str]:
    """The names of errors that are given words for people: the core's and those derived from them here."""
    return ERRORS | {
        node.name
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id in ERRORS for base in node.bases)
        and node.name != "ConfigurationError"
        and not any(isinstance(each, ast.FunctionDef) and each.name == "__init__" for each in node.body)
    }


def titles_of_choices(node: ast.expr) -> Iterator[str]:
    """The words in `extra_json_schema={"titles": {value: words}}`."""
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None and text_of(key) == "titles" and isinstance(value, ast.Dict):
                yield from filter(None, map(text_of, value.values))


def text_of(node: ast.expr) -> str | None:
    """The text of a literal, else None."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
