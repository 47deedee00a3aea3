"""Writes mutated copies of sources and reports on the runs.
  mutate.py copy OUT      copies of every file that mutations.toml names, with every mutation in it
  mutate.py run PROGRAM [NUMBER...]   switches on each mutation, on every core; exits 1 when one is
                          not caught by the invariant it names, or when a run without any breaches
  mutate.py list          the table for docs/simulation.md"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
SRC = HERE.parents[1] / "src"
SEEDS = 60  # a mutation must be noticed within so many


def mutations():
    found = tomllib.loads((HERE / "mutations.toml").read_text())["mutation"]
    for number, mutation in enumerate(found, 1):
        mutation["number"] = number
        mutation.setdefault("edit", [])
        if "file" in mutation:
            mutation["edit"].append({key: mutation[key] for key in ("file", "find", "put")})
    return found


def copy(out):
    texts = {}
    for mutation in mutations():
        switch = f"::simulation::mutant({mutation['number']})"
        for edit in mutation["edit"]:
            path = edit["file"]
            text = texts.setdefault(path, (SRC / path).read_text())
            if text.count(edit["find"]) != 1:
                sys.exit(f"{path}: mutation \"{mutation['name']}\" finds its text {text.count(edit['find'])} times")
            texts[path] = text.replace(edit["find"], edit["put"].replace("MUTANT", switch))
    for path, text in texts.items():
        target = out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        text = '#include "mutant.hpp"\n' + f'#line 1 "{path}"\n' + text
        if not target.exists() or target.read_text() != text:
            target.write_text(text)
    print(";".join(sorted(texts)))


def play(program, mutation):
    """The first breach: which seed, which invariant, and the line that says it. Stops there."""
    environment = {**os.environ, "REDLINE_MUTANT": str(mutation["number"])}
    began = time.monotonic()
    try:
        result = subprocess.run([program, "--seeds", f"1..{SEEDS}", "--first-breach"], env=environment,
                                capture_output=True, text=True, timeout=600)
    except subprocess.TimeoutExpired:
        return None, None, "still running after 600 s", time.monotonic() - began
    seconds = time.monotonic() - began
    if match := re.search(r"^seed (\d+): (\w+):.*", result.stdout, re.MULTILINE):
        return int(match.group(1)), match.group(2), match.group(0), seconds
    if result.returncode not in (0, 1):
        return None, "died", f"exit {result.returncode}: {result.stderr[-300:]}", seconds
    return None, None, f"{SEEDS} seeds noticed nothing", seconds


def run(program, only):
    found = [mutation for mutation in mutations() if not only or mutation["number"] in only]
    missed = 0
    began = time.monotonic()
    # Number 0 is no mutation: what is not broken must hold, or every catch below means nothing.
    whole = {"number": 0, "name": "nothing is broken", "caught_by": []}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        playing = {pool.submit(play, program, mutation): mutation for mutation in [*found, whole]}
        for done in concurrent.futures.as_completed(playing):
            mutation, (seed, named, line, seconds) = playing[done], done.result()
            good = named in mutation["caught_by"] if mutation["number"] else named is None
            missed += not good
            verdict = ("caught" if mutation["number"] else "holds") if good else "MISSED"
            print(f"{mutation['number']:3} {verdict:6} {mutation['name']:58} {named or '-':9} "
                  f"{f'seed {seed}' if seed else '-':8} {seconds:6.1f} s", flush=True)
            if not good:
                print(f"      wanted: {', '.join(mutation['caught_by']) or 'no breach'}; {line}", flush=True)
    print(f"{len(found) + 1 - missed} of {len(found) + 1} as they should be, in {time.monotonic() - began:.0f} s")
    return 1 if missed else 0


def table():
    print("| # | broken rule | where | noticed by |\n| --- | --- | --- | --- |")
    for mutation in mutations():
        files = ", ".join(f"`{pathlib.Path(edit['file']).name}`" for edit in mutation["edit"])
        print(f"| {mutation['number']} | {mutation['name']} | {files} | {', '.join(mutation['caught_by'])} |")


if __name__ == "__main__":
    if sys.argv[1] == "copy":
        copy(pathlib.Path(sys.argv[2]))
    elif sys.argv[1] == "run":
        sys.exit(run(sys.argv[2], {int(number) for number in sys.argv[3:]}))
    else:
        table()
