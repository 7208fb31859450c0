"""Russian words in Python that would never be translated: in an f-string, or not marked for the catalogues.

What stays Russian on purpose is let through: settings of an installation and what its operator's log says
(`ConfigurationError`), mistakes of a plugin's author (`TypeError`), records with their reasons, and
descriptions of the programs' interface; so are patterns, words to compare with, and tables of words at the
top of a module, unless they are called titles.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

CYRILLIC = re.compile("[А-Яа-яЁё]")
RUSSIAN_CALLS = {"Change", "ConfigurationError", "TypeError", "compile", "print", "system_actor"}
RUSSIAN_NAMES = {"basis", "description", "origin", "reason", "summary"}
"""Arguments, keys and variables whose words are kept in records or documentation."""

COMPARING = {"fullmatch", "match", "replace", "search", "split", "startswith", "strip", "sub"}


def stray_words(tree: ast.Module, known: set[str]) -> Iterator[tuple[int, str]]:
    """Lines of a module with Russian words that are not among the `known`, which the catalogues have."""
    for text in _Shown(tree).texts:
        words = _words(text)
        if CYRILLIC.search(words) and (isinstance(text, ast.JoinedStr) or words not in known):
            yield text.lineno, words


def _words(text: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(text, ast.Constant):
        return str(text.value)
    return "…".join(str(part.value) for part in text.values if isinstance(part, ast.Constant))


def _name(node: ast.AST | None) -> str:
    """The last name in `node`: of a variable, an attribute, a function that is called, or a key."""
    if isinstance(node, ast.Call):
        return _name(node.func)
    if isinstance(node, ast.Constant):
        return str(node.value)
    return str(getattr(node, "id", getattr(node, "attr", "")))


class _Shown(ast.NodeVisitor):
    """Collects the texts of a module that may come before a person."""

    def __init__(self, tree: ast.Module) -> None:
        self.texts: list[ast.Constant | ast.JoinedStr] = []
        self._russian_calls = RUSSIAN_CALLS | {
            node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and _name(node.returns) in RUSSIAN_CALLS
        }
        for statement in tree.body:
            if not _is_table(statement):
                self.visit(statement)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.texts.append(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self.texts.append(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        if _name(node.targets[0]) not in RUSSIAN_NAMES:
            self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        self.visit(node.func)
        if _name(node) not in self._russian_calls | COMPARING:
            self._visit_all(
                *node.args, *(each.value for each in node.keywords if each.arg not in RUSSIAN_NAMES)
            )

    def visit_Dict(self, node: ast.Dict) -> None:
        pairs = zip(node.keys, node.values, strict=True)
        self._visit_all(*(value for key, value in pairs if _name(key) not in RUSSIAN_NAMES))

    def visit_Compare(self, node: ast.Compare) -> None:
        sides = (node.left, *node.comparators)
        self._visit_all(*(side for side in sides if not isinstance(side, ast.Constant | ast.Tuple)))

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.name in self._russian_calls:
            return
        ordinary = node.args.args[len(node.args.args) - len(node.args.defaults) :]
        defaults = zip(
            (*ordinary, *node.args.kwonlyargs), (*node.args.defaults, *node.args.kw_defaults), strict=True
        )
        self._visit_all(
            *(value for argument, value in defaults if value and argument.arg not in RUSSIAN_NAMES)
        )
        self._visit_all(*node.decorator_list, *node.body)

    def _visit_all(self, *nodes: ast.AST) -> None:
        for node in nodes:
            self.visit(node)


def _is_table(statement: ast.stmt) -> bool:
    """Whether a statement at the top of a module gives a name to words that are not for showing."""
    if not isinstance(statement, ast.Assign | ast.AnnAssign):
        return False
    name = _name(statement.targets[0] if isinstance(statement, ast.Assign) else statement.target)
    return not name.endswith("TITLES")
