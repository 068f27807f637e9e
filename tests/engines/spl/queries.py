"""Random searches, and rows for them: values that are missing, empty, several, numbers as text, of other case, with wildcards and quotes."""

TEXTS = ["a", "A", "b", "ab", "aB", "abc", "", "5", "10", "5.0", "-1", "05", "a*c", "a\\b", "C:\\Win\\cmd.exe", 'say "hi"', "a b", "x\ny", "a%c", "a_c", "é", "É",
         "null", "10.0.0.7", "10.1.0.7", "fe80::1", "0x1f", "NOT", "a|b", "whoami /all", "ß", "'q'", "a.b", "(a)"]
RAWS = ["an evil thing", "EVIL", "xevilx", "C:\\Windows\\cmd.exe /c evil", "user=bob evil.exe", "<Data Name='a'>evil</Data>", "web error", "error web", "ev il", "",
        'said "evil" once', "10.0.0.7 - evil_x", "evil-evil"]
WORDS = ["a", "A", "b", "ab", "abc", "5", "10", "5.0", "-1", "05", "a*", "*b", "*", "a*c", "*A*", "**", "null", "", "x", "10.0.0.0/8", "10.0.0.7", "fe80::/10", "a\\b", "a\\\\b",
         "C:\\\\Win\\\\*", "*\\\\cmd.exe", 'say \\"hi\\"', "a b", "é", "a|b", "a\\|b", "a\\*c", "?", "NOT", "'q'", "a%c", "(a)", "a.b", "C:\\Win\\cmd.exe", "ss", "*\\\\"]
REGEXES = ["^a", "b$", "(?i)A", "^$", ".", "a.c", "a|b", "^a\\\\b", "\\\\\\\\cmd\\.exe\\z", "\\d+", "^\\w+$", "[^a-c]", "(?i)É", "é", "^(?:a|b)\\z", "\\\"hi\\\"", "x.y", "(?s)x.y",
           "a\\*c", "(a)\\1?", "a{1,2}b", "a{,2}b", "(?<!x)b", "^[\\w-]+$", "a\\|b", "\\s", "\\t", "(", "[b-a]", "*", "\\x41", "\\x{e9}", "(?x) a b", "\\Qa*c\\E", "[[:alpha:]]", "\\bb", "\\p{Lu}", "(a(?i)b)c", "(?i:a)B", "a(?-i)b",
           "(?<n>a)\\k<n>", "[[:^alpha:]]", "(?=ab)a", "a(?!b)", "a++b", "a.*?c", "(?m)^y$", "[\\d-z]", "(?:ab?|b){2}", "\\N", "\\h", "(?s-s).$", "a{2,1}"]
TERMS = ["evil", "EVIL", "evil*", "*evil", "*evil*", '"web error"', "web", "error", "cmd.exe", "C:\\\\Windows", '"evil.exe"', "e*l", "bob", "user", "10.0.0.7", '"10.0.0"', "Data", "TERM(evil)",
         "TERM(10.0.0.7)", "CASE(EVIL)", "CASE(evil)", "evi", '"*cmd.exe*"', "evil_x", "-", '"\\"evil\\""', '"said \\"evil"', '""']
FIELDS = ["F", "G", "N", "M", "X"]


class Queries:
    def __init__(self, random):
        self.random = random

    def one(self, *choices):
        return self.random.choice(choices)

    def row(self):
        draw, row = self.random.random, {}
        for name in ("F", "G"):
            if draw() < 0.85:
                row[name] = self.one(*TEXTS)
        if draw() < 0.8:
            row["N"] = self.one("5", "10", "0", "-3", "5.5", "abc", "", "2048")
        if draw() < 0.5:
            row["M"] = [self.one(*TEXTS[:14]) for _ in range(self.random.randint(1, 3))]
        if draw() < 0.8:
            row["_raw"] = self.one(*RAWS)
        row["_time"] = str(1_704_000_000 + self.random.randint(0, 9_999_999))
        return row

    # The language of search.

    def word(self):
        word = self.one(*WORDS)
        bare = word and not set(word) & set(" \"()|'?%") and word != "NOT"
        return word if bare and self.random.random() < 0.4 else f'"{word}"'

    def comparison(self):
        field = self.one(*FIELDS)
        if self.random.random() < 0.2:
            return f"{field} IN ({', '.join(self.word() for _ in range(self.random.randint(1, 3)))})"
        if self.random.random() < 0.15:
            return f"{field}{self.one('<', '<=', '>', '>=')}{self.one('5', '10', '5.0', '-1', 'a', '0')}"
        return f"{field}{self.one('=', '=', '=', '!=', ' = ', ' != ')}{self.word()}"

    def search(self, depth=2):
        if depth == 0 or self.random.random() < 0.3:
            return self.one(self.comparison, self.comparison, self.comparison, lambda: self.one(*TERMS))()
        left, right = self.search(depth - 1), self.search(depth - 1)
        return self.one(f"{left} {right}", f"{left} AND {right}", f"{left} OR {right}", f"NOT {left}", f"({left} OR {right}) {self.comparison()}", f"NOT ({left} {right})",
                        f"{left} {right} OR {self.comparison()}", f"{self.comparison()} OR {left} NOT {right}", f"({left})", f"NOT NOT {left}")

    # Expressions of where and eval.

    def text(self):
        return '"%s"' % self.one("a", "A", "ab", "5", "5.0", "", "a\\\\b", "a\\b", "C:\\\\Win\\\\cmd.exe", 'say \\"hi\\"', "a*c", "é", "null", "a b", "0x1f", "a%", "%b%", "a_c", "\\t")

    def field(self):
        return self.one("F", "G", "'F'", "F", "G", "X", "M", "N")

    def regex(self):
        return f'"{self.one(*REGEXES)}"'

    def string(self):
        one = self.field
        return self.one(one, one, self.text, lambda: f"lower({one()})", lambda: f"upper({one()})", lambda: f"substr({one()}, {self.one('1', '2', '-2', '3', '-3')}{self.one('', ', 1', ', 2', ', 0')})",
                        lambda: f"trim({one()}{self.one('', ', ' + self.text())})", lambda: f"replace({one()}, {self.regex()}, {self.one(chr(34) * 2, self.text())})",
                        lambda: f"{one()}.{self.text()}", lambda: f"coalesce({one()}, {one()}, {self.text()})", lambda: f"if({self.test()}, {one()}, {self.text()})",
                        lambda: f"mvindex({one()}, {self.one('0', '-1', '1')})", lambda: f"tostring({one()})", lambda: f"mvjoin({one()}, \",\")", lambda: f"nullif({one()}, {self.text()})",
                        lambda: f"case({self.test()}, {one()}, true(), {self.text()})", lambda: f"mvindex(split({one()}, \"a\"), 0)", lambda: f"md5({one()})")()

    def about(self, field):
        """What tells one text of a field from another."""
        return self.one(f"len({field}){self.one('=', '<', '>')}{self.random.randint(0, 6)}", f"{field}{self.one('<', '>', '<=', '>=')}{self.text()}", f"{field}={self.text()}",
                        f"match({field}, {self.regex()})", f"mvcount({field})={self.one('1', '2')}", f"isnull({field})", f"{field}=G")

    def number(self):
        return self.one(lambda: "N", lambda: "N", lambda: self.one("5", "0", "10", "-1", "5.5"), lambda: f"tonumber({self.field()})", lambda: f"len({self.field()})",
                        lambda: f"N{self.one('+', '-', '*', '/', '%')}{self.one('2', '3')}", lambda: f"mvcount({self.field()})", lambda: f"mvfind({self.field()}, {self.regex()})",
                        lambda: "tonumber(F, 16)", lambda: "abs(N)", lambda: "round(N)", lambda: f"if({self.test()}, 1, 0)", lambda: "floor(N)", lambda: "max(N, 3)", lambda: "-N")()

    def test(self, depth=1):
        if depth == 0:
            return f"{self.field()}={self.text()}"
        compare = self.one("=", "==", "!=", "<", "<=", ">", ">=")
        return self.one(lambda: f"{self.string()}{compare}{self.string()}", lambda: f"{self.field()}{self.one('=', '!=')}{self.text()}", lambda: f"{self.number()}{compare}{self.number()}",
                        lambda: f"match({self.field()}, {self.regex()})", lambda: f"isnotnull(mvfind({self.field()}, {self.regex()}))", lambda: f"like({self.field()}, {self.text()})",
                        lambda: f"{self.field()} LIKE {self.text()}", lambda: f"in({self.field()}, {self.text()}, {self.text()})", lambda: f"{self.field()} IN ({self.text()}, {self.text()})",
                        lambda: f"isnull({self.string()})", lambda: f"isnotnull({self.string()})", lambda: f"cidrmatch(\"{self.one('10.0.0.0/8', '10.0.0.0/16', 'fe80::/10', '0.0.0.0/0')}\", {self.field()})",
                        lambda: f"isnum({self.field()})", lambda: f"isnotnull(mvfilter(match(M, {self.regex()})))", lambda: f"mvcount({self.one('M', 'mvdedup(M)', 'mvappend(M, F)')}){compare}2",
                        lambda: f"searchmatch(\"{self.one('F=a', 'F=a*', 'evil', 'F=a OR G=b N>5')}\")", lambda: self.one("true()", "false()"), lambda: f"isint({self.field()})")()

    def condition(self, depth=2):
        if depth == 0 or self.random.random() < 0.35:
            return self.test()
        left, right = self.condition(depth - 1), self.condition(depth - 1)
        return self.one(f"{left} AND {right}", f"{left} OR {right}", f"NOT {left}", f"({left} OR {right}) AND {self.test()}", f"NOT ({left} AND {right})", f"{left} XOR {right}",
                        f"{left} OR {right} AND {self.test()}", f"({left})", f"if({left},1,0)=1", f"NOT ({left})")

    def query(self):
        search, condition = self.search(), self.condition()
        aggregate = self.one("count", "count(F)", "dc(F)", "values(F)", "min(N)", "max(N)", "sum(N)")
        return self.one(
            *[search] * 6, *[f"* | where {condition}"] * 6, f"{search} | where {condition}", f"{search} ```a | comment``` | search {self.search(1)}", f"search {search}",
            f"* | eval X={self.string()} | where X={self.text()}", f"* | eval X={self.string()} | search X={self.word()}",
            *[f"* | eval X={self.string()} | where {self.about('X')}"] * 4, f"* | eval X={self.number()} | where X{self.one('=', '<', '>')}{self.one('1', '2', '3', '5', '-1')}",
            f"* | eval X={self.number()}, F=X | where F>3",
            f"* | regex {self.one('F', 'G', 'X', '_raw')}{self.one('=', '!=')}{self.regex()}", f"* | regex {self.regex()}",
            f"* | rex field={self.one('F', '_raw')} \"(?<X>{self.one(*REGEXES[:8])}b?)\" | search X={self.word()}", '* | rex "user=(?<X>[a-z]+)" | where isnotnull(X)',
            f"* | stats {aggregate} as c by {self.one('F', 'G', 'N', 'F, G')} | where c>{self.one('1', '2', '3')}", f"{search} | stats count | where count>{self.one('0', '3', '12')}",
            f"* | stats count(eval({self.test()})) as c | where c>{self.one('0', '5')}", f"* | eventstats {aggregate} as c by G | where c>1",
            f"* | fields {self.one('', '- ')}{self.one('F', 'F, N', 'G*', '_raw')} | search {search}", f"* | table F, G | where {condition}", f"* | rename F as Z | search Z={self.word()}",
            f"* | dedup {self.one('F', 'F G', '2 G')} | search {self.comparison()}", f"* | head {self.one('3', '10', '1')} | where {condition}",
            f"* | sort {self.one('-', '+', '')}{self.one('_time', 'N')} | head 4", f"* | sort - _time | dedup F | where {condition}",
            f"* | bin _time span={self.one('1h', '30m', '1d')} | stats dc(F) as n by _time | where n>1",
        )
