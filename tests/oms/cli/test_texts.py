"""Files that a command line names: one that cannot be read, or is no text, is said in the same words everywhere."""

import pytest

from oms.cli.failures import Exit

NAMED = {
    "data": ["send", "CreateObject", "--data", "@{file}"],
    "metadata": ["documents", "outline", "{file}"],
    "document": ["documents", "put", "Manual", "m1", "content", "{file}"],
    "schema": ["schema", "import", "{file}", "--format", "linkml"],
    "answers": ["merge", "dev/a/b", "--resolution", "{file}"],
    "filters": ["webhook", "register", "hook", "--sink", "http://127.0.0.1:1", "--filters", "@{file}"],
}


@pytest.mark.parametrize("command", NAMED.values(), ids=NAMED)
def test_a_file_in_another_encoding(typed, tmp_path, command):
    file = tmp_path / "항공사.txt"
    file.write_bytes("가나다".encode("euc-kr"))
    code, said = typed(*(each.format(file=file) for each in command), "--folder", tmp_path)
    if command[1] == "outline":
        code, said = typed(*(each.format(file=file) for each in command))
    assert code == Exit.USAGE
    assert f"{file} is no text in UTF-8: " in said
    assert said.endswith("; store it as UTF-8\n")


@pytest.mark.parametrize("command", [NAMED["data"], NAMED["filters"]])
@pytest.mark.parametrize(("name", "why"), [("없음.json", "no such file or directory"), ("", "is a directory")])
def test_a_file_that_cannot_be_read(typed, tmp_path, command, name, why):
    file = tmp_path / name
    code, said = typed(*(each.format(file=file) for each in command), "--folder", tmp_path)
    assert code == Exit.USAGE
    assert f": {file} cannot be read: {why}; " in said
