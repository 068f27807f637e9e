"""Asks two programs the same queries, and says where their answers differ. What one of them does not know is no difference."""

import collections
import concurrent.futures


def same(one, other):
    """Whether two answers say the same; None where one of them is that it does not know."""
    kinds = {answer.get("kind") for answer in (one, other)}
    if kinds & {"unknown", "limit"}:
        return None
    if kinds != {None}:
        # An engine need not tell what is no text of the language from what the product stops at.
        return None not in kinds
    if "found" in one and "found" in other:
        return one["found"] == other["found"]
    truth = [bool(answer.get("some", answer.get("found"))) for answer in (one, other)]
    return truth[0] == truth[1]


def shown(answers, rows):
    """Two answers, or the rows that only one of them finds."""
    if any("found" not in answer for answer in answers):
        return str(answers)
    one, other = (set(answer["found"]) for answer in answers)
    return f"only the first: {[rows[n] for n in sorted(one - other)][:2]}, only the second: {[rows[n] for n in sorted(other - one)][:2]}"


def compare(programs, queries):
    """Compares two programs on queries, each a text and its rows; how many differ. `programs` are asked by `ask(query, rows)`."""
    count, unknown, stopped = collections.Counter(), collections.Counter(), 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for query, rows in queries:
            answers = list(pool.map(lambda program: program.ask(query, rows), programs))
            verdict = same(*answers)
            count[{True: "agree", False: "DIFFER", None: "unknown"}[verdict]] += 1
            stopped += verdict is True and "error" in answers[0]
            if verdict is None:
                for program, answer in zip(programs, answers, strict=True):
                    if answer.get("kind") in ("unknown", "limit"):
                        unknown[f"{program.name}: {answer['error'][:90]}"] += 1
            elif not verdict:
                print(f"{query}\n    {shown(answers, rows)}")
    print(f"{programs[0].name} and {programs[1].name}: " + ", ".join(f"{number} {what}" for what, number in count.most_common()) + f"; both stop at {stopped}")
    for reason, number in unknown.most_common():
        print(f"    {number} unknown: {reason}")
    return count
