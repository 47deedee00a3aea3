"""The house rules as a test: folder edges, cycles, include walls, sizes, names and banned calls.
Rules are in allowed.toml beside it. Prints every breach as file:line: what, and what to do; exits 1 when there is one."""
import pathlib
import re
import statistics
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
RULES = tomllib.loads((pathlib.Path(__file__).parent / "allowed.toml").read_text())
MAX_FILE, MAX_MEDIAN, MAX_FUNCTION = 500, 120, 70
BAD_NAMES = {"util", "utils", "common", "helper", "helpers", "manager", "misc"}
breaches = []


def breach(path, line, what):
    breaches.append(f"{path.relative_to(ROOT)}:{line}: {what}")


def folder_of(path):
    parts = path.relative_to(SRC).parts
    return "/".join(parts[:2]) if parts[0] == "features" else parts[0]


def folder_of_include(text):
    parts = text.split("/")
    if parts[0] == "features" and len(parts) > 2:
        return "/".join(parts[:2])
    return parts[0] if (SRC / parts[0]).is_dir() else None


def without_comments(text):
    keep_lines = lambda match: re.sub(r"[^\n]", " ", match.group(0))
    text = re.sub(r"/\*.*?\*/", keep_lines, text, flags=re.S)
    text = re.sub(r'R"(\w*)\((.*?)\)\1"', keep_lines, text, flags=re.S)
    text = re.sub(r'"(?:[^"\\\n]|\\.)*"', lambda m: '"' + " " * (len(m.group(0)) - 2) + '"', text)
    return re.sub(r"//[^\n]*", "", text)


def check_includes(path, text, edges):
    here = folder_of(path)
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
        if not match:
            continue
        target = match.group(1)
        for wall, owner in RULES["walls"].items():
            if target.startswith(wall) and here != owner:
                breach(path, number, f"includes {target}: only src/{owner} may")
        there = folder_of_include(target) if '"' in line else None
        if there is None or there == here:
            continue
        edges.setdefault(here, set()).add(there)
        if there not in RULES["edges"].get(here, []):
            breach(path, number, f"{here} may not include from {there} (tests/style/allowed.toml)")


def check_cycles(edges):
    state = {}

    def visit(folder, trail):
        if state.get(folder) == "done":
            return
        if folder in trail:
            breaches.append("cycle of folders: " + " -> ".join([*trail[trail.index(folder):], folder]))
            return
        for other in sorted(edges.get(folder, ())):
            visit(other, [*trail, folder])
        state[folder] = "done"

    for folder in sorted(edges):
        visit(folder, [])


def check_functions(path, code):
    """Blocks of more than MAX_FUNCTION lines that are neither a namespace, a type nor a table."""
    stack = []
    for number, line in enumerate(code.splitlines(), 1):
        for at, char in enumerate(line):
            if char == "{":
                head = line[:at]
                is_scope = re.search(r"\b(namespace|class|struct|enum|union|extern)\b", head) and "(" not in head
                is_table = re.search(r"[=,{(]\s*$|\]\s*$|\w+\s*$", head) and not head.rstrip().endswith(")")
                stack.append((number, bool(is_scope or is_table), head.strip()))
            elif char == "}" and stack:
                start, exempt, head = stack.pop()
                if not exempt and number - start + 1 > MAX_FUNCTION:
                    breach(path, start, f"{number - start + 1} lines in one function, at most {MAX_FUNCTION}: {head}")


def check_calls(path, code):
    below = path.relative_to(SRC).as_posix()
    if path.name.endswith("_test.cpp"):
        return
    for rule in RULES["banned"]:
        if "only" in rule and not any(below.startswith(prefix) for prefix in rule["only"]):
            continue
        if any(below.startswith(prefix) for prefix in rule["except"]):
            continue
        for number, line in enumerate(code.splitlines(), 1):
            match = re.search(rule["pattern"], line)
            if match:
                breach(path, number, f"{match.group(0)}: use {rule['use']}")
    if not any(below.startswith(prefix) for prefix in RULES["operator_tx"]["files"]):
        for number, line in enumerate(code.splitlines(), 1):
            if "OperatorTx" in line:
                breach(path, number, "names OperatorTx: work across accounts belongs in a listed file")


def main():
    files = sorted(p for p in SRC.rglob("*") if p.suffix in (".hpp", ".cpp"))
    edges, sizes = {}, []
    for path in files:
        text = path.read_text()
        code = without_comments(text)
        count = text.count("\n")
        sizes.append(count)
        if count > MAX_FILE:
            breach(path, 1, f"{count} lines, at most {MAX_FILE}: split it by noun")
        if BAD_NAMES & set(re.split(r"[_/.]", path.relative_to(SRC).as_posix())):
            breach(path, 1, "name it after what it is, not util, common, helper or manager")
        if path.suffix == ".hpp" and "#pragma once" not in text:
            breach(path, 1, "a header starts with #pragma once")
        marker = re.search(r"\b(TODO|FIXME|XXX)\b", text)
        if marker:
            breach(path, text[: marker.start()].count("\n") + 1, "finish it or write an issue")
        check_includes(path, text, edges)
        check_functions(path, code)
        check_calls(path, code)
    check_cycles(edges)
    for path in sorted((ROOT / "web" / "src").rglob("*.ts*")):
        count = path.read_text().count("\n")
        if count > MAX_FILE and not path.name.endswith(".gen.ts"):
            breach(path, 1, f"{count} lines, at most {MAX_FILE}")
    median = statistics.median(sizes)
    if median > MAX_MEDIAN:
        breaches.append(f"the median file has {median} lines, at most {MAX_MEDIAN}")
    print("\n".join(breaches) if breaches else
          f"style: {len(files)} files, median {median:.0f} lines, largest {max(sizes)}, no breach")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
