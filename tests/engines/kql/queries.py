"""Random queries over one table, and its rows: what rules come to and what people write by hand, mostly of sound types."""

COLUMNS = {"F": "string", "G": "string", "I": "string", "N": "long", "M": "long", "R": "real", "B": "bool", "At": "datetime",
           "D": "dynamic"}
WORDS = ["", "a", "A", "ab", "aB", "b", "cmd", "cmd.exe", "C:\\Windows\\cmd.exe", "\\", "\\\\x", "a\\", "a b", " a", "a ", "-a", "a_b", "a-b",
         "a.b", "a%b", "%", "_", "*", "?", "a*b", "'", '"', "a'b", 'a"b', "a\nb", "a\tb", "[a]", "(", "a|b", "//a", "{}", '{"a": "x"}', "5", "05",
         "4625", "-5", "5.5", "0x10", "true", "null", "x", "X", "a/b", "http://a.b/c?d=e", "2024-03-01", "a,b", "$", "^", "aab", "aaa"]
ADDRESSES = ["", "-", "10.1.2.3", "10.1.2", "192.168.0.1", "192.168.0.1/24", "256.1.1.1", "::1", "fe80::1", "::ffff:10.1.2.3", "x", "0.0.0.0", "1.2.3.4 "]
NETWORKS = ["10.0.0.0/8", "192.168.0.0/16", "0.0.0.0/0", "10.1.2.3", "10.1.2.3/32"]
NETWORKS6 = ["::1/128", "fe80::/10", "::ffff:0:0/96", "fc00::/7"]
NUMBERS = [0, 1, -1, 2, 3, 5, 10, 16, 4625, 2**31, -2**31 - 1, 2**53 + 1, 2**62]
REALS = [0.0, 0.5, -0.5, 1.0, 5.0, 1e10, -2.25]
TIMES = ["2024-02-29T17:59:59Z", "2024-02-29T18:00:00Z", "2024-02-29T18:00:00.5Z", "2024-03-01T00:00:00Z", "2023-12-31T23:59:59.999999Z",
         "2024-02-29T18:00:00+02:00", "1999-01-01T00:00:00Z"]
TREES = [None, {}, [], "a", 5, {"a": "x"}, {"a": "X", "n": 5}, {"a": ""}, {"a": None}, {"a": True}, {"a": {"b": "x"}}, {"a": ["x", "y"]},
         {"l": ["a", "B", 5, None]}, {"l": []}, {"l": "a"}, {"n": 5.5}, {"n": "5"}, {"a": "a b", "n": -1}, ["a", "b"], {"A": "x"}, {"a": "x\\y"}]
PATTERNS = ["a", "^a", "a$", "^a$", "a.b", "(?i)A", "(?s)a.b", "(?i)^c:\\\\", "\\\\cmd\\.exe$", "[a-c]+", "[^a]", "a|x", "(a)(b)", "a{2}", "\\d+", "^\\w+$",
            "\\ba\\b", "\\s", "^$", "(?m)^b", "a*", "[.]", "\\.", "a+?b", "(?:ab)+", "x?"]
COMPARE = ["==", "!=", "<", "<=", ">", ">="]
TEXTUAL = ["==", "!=", "=~", "!~", "contains", "!contains", "contains_cs", "!contains_cs", "startswith", "!startswith", "startswith_cs",
           "endswith", "!endswith", "endswith_cs", "has", "!has", "has_cs", "hasprefix", "hassuffix", "hasprefix_cs", "hassuffix_cs"]


class Queries:
    """Draws queries; the same generator gives the same ones."""

    def __init__(self, random):
        self.random = random

    def one(self, *choices):
        return self.random.choice(choices)

    def row(self):
        pick = self.random.choice
        row = {"F": pick(WORDS), "G": pick(WORDS), "I": pick(ADDRESSES), "N": pick(NUMBERS), "M": pick(NUMBERS), "R": pick(REALS),
               "B": pick([True, False]), "At": pick(TIMES), "D": pick(TREES)}
        return {name: value for name, value in row.items() if self.random.random() > 0.15 and value is not None and value != ""}

    def literal(self, text):
        """A literal of that text, in one of its forms."""
        escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
        forms = ['"%s"' % escaped.replace('"', '\\"'), "'%s'" % escaped.replace("'", "\\'")]
        if "\n" not in text:
            forms += ['@"%s"' % text.replace('"', '""'), "@'%s'" % text.replace("'", "''")]
        return self.random.choice(forms)

    def word(self):
        return self.literal(self.random.choice(WORDS))

    def column(self):
        return self.one("F", "F", "G", "['F']")

    def path(self):
        return self.one("D.a", "D.l", "D.n", "D.a.b", 'D["a"]', "D.l[0]", "D.l[-1]", "D.A", "D")

    def string(self, depth=2):
        if depth == 0 or self.random.random() < 0.5:
            return self.column()
        inner = self.string(depth - 1)
        start = self.one("0", "1", "2", "7", "-1", "-2", "-9")
        return self.one(
            f"tostring({self.one('N', 'B', 'R', 'At', 'D', 'D.a', 'D.n', 'D.l', 'D.a.b', 'At - datetime(2024-02-29)')})", f"strcat({inner}, {self.word()}, {self.column()})",
            f"substring({inner}, {start})", f"substring({inner}, {start}, {self.one('0', '1', '3', '-1')})", f"tolower({inner})", f"toupper({inner})",
            f"replace_string({inner}, {self.literal(self.one('a', 'b', '.', 'ab'))}, {self.word()})",
            f"iff({self.predicate(depth - 1)}, {inner}, {self.word()})", f"coalesce({inner}, {self.column()})",
            f"extract({self.literal(self.one('(a)(.)', 'a(.*)', '([a-z]+)', '^(.*)$'))}, {self.one('0', '1')}, {inner})",
            f"tostring(split({inner}, {self.literal(self.one('.', chr(92), 'b'))})[{self.one('0', '1', '-1', '5')}])",
            f"tostring(parse_json({inner}).a)", f"trim({self.literal(self.one('a', ' ', '[ab]+'))}, {inner})",
            f"trim_start({self.literal(self.one('a', 'ab', '.'))}, {inner})", f"case({self.predicate(depth - 1)}, {inner}, {self.word()})",
            f"strcat_delim({self.word()}, {inner}, {self.column()})", f"reverse({self.one(inner, 'N', 'B')})",
            f"strcat({self.column()}, {self.one('N', 'B', 'R', 'At', 'D.a', 'D.l')})", f"trim_end({self.literal(self.one('a', 'b', '[.]exe'))}, {inner})",
            f"replace_regex({inner}, {self.literal(self.one('a', '[ab]', '(a)(b)', '^'))}, {self.literal(self.one('', 'x', chr(92) + '1'))})",
            f"base64_decode_tostring({inner})", f"base64_encode_tostring({inner})", f"toupper({self.one('N', 'B')})", f"strcat_array(D.l, ',')",
            f"tostring(split({self.column()}, {self.literal(self.one('.', 'a'))}, {self.one('0', '1', '7')}))", f"tostring(extract_all('(a.)', {self.column()}))",
            f"format_datetime(At, {self.literal(self.one('yyyy-MM-dd', 'HH:mm:ss', 'yyyy-MM-dd HH:mm', 'MM'))})")

    def number(self, depth=1):
        if depth == 0 or self.random.random() < 0.5:
            return self.one("N", "M")
        inner = self.number(depth - 1)
        return self.one(f"strlen({self.string(1)})", f"indexof({self.column()}, {self.word()})", f"tolong({self.string(1)})", f"toint({self.column()})",
                        f"{inner} + {self.one('1', '5')}", f"{inner} - 1", f"{inner} / 2", f"{inner} % 3", f"-{inner}", f"array_length({self.path()})",
                        f"tolong({self.one('R', 'D.n')})", f"countof({self.column()}, {self.literal(self.one('a', 'b', '.'))})",
                        f"hourofday(At)", f"iff({self.predicate(0)}, {inner}, 5)", f"coalesce({inner}, 0)", f"abs({inner})", f"bin({inner}, {self.one('1', '3', '10')})", f"min_of({inner}, M)", f"max_of({inner}, 5)", f"dayofyear(At)",
                        f"getyear(At)", f"datetime_diff({self.literal(self.one('hour', 'day', 'minute', 'month', 'year'))}, At, datetime(2024-02-28T23:30:00Z))",
                        f"{inner} * {self.one('2', '-3')}", f"{inner} {self.one('/', '%')} {self.one('-3', '2', '0')}", f"tolong(B)", f"week_of_year(At)", f"strlen(tostring(D.l))",
                        f"datetime_part({self.literal(self.one('hour', 'minute', 'day', 'month'))}, At)", "monthofyear(At)", "dayofmonth(At)")

    def time(self):
        moment = self.one("2024-02-29", "2024-02-29T18:00:00Z", "2024-02-29 18:00:00", "2024-03-01T00:00:00.0000000Z")
        return self.one(f"datetime({moment})", "ago(1d)", "ago(36h)", "now()", "now(-1d)", f"todatetime({self.literal(moment)})", f"datetime({moment}) + 1h")

    def test(self):
        numbers = ", ".join(str(self.one(*NUMBERS)) for _ in range(self.random.randint(1, 3)))
        words = ", ".join(self.word() for _ in range(self.random.randint(1, 3)))
        terms = ", ".join(self.literal(self.one("a", "cmd", "exe", "b", "ab", "a b")) for _ in range(self.random.randint(1, 2)))
        networks = ", ".join(self.literal(self.one(*NETWORKS)) for _ in range(self.random.randint(1, 2)))
        return self.one(
            lambda: f"{self.string()} {self.one(*TEXTUAL)} {self.word()}", lambda: f"{self.column()} {self.one(*TEXTUAL)} {self.word()}",
            lambda: f"{self.string()} {self.one(*TEXTUAL)} {self.word()}", lambda: f"{self.string()} {self.one('in', 'in~', '!in', '!in~')} ({words})",
            lambda: f"{self.string(1)} {self.one('==', '=~', '!=')} {self.string(1)}", lambda: f"{self.column()} {self.one('in', 'in~')} (dynamic({self.listed()}))",
            lambda: f"{self.string(1)} matches regex {self.literal(self.one(*PATTERNS))}", lambda: f"{self.column()} matches regex {self.literal(self.one(*PATTERNS))}",
            lambda: f"{self.column()} {self.one('has_any', 'has_all')} ({terms})",
            lambda: f"{self.number()} {self.one(*COMPARE)} {self.one(*NUMBERS)}", lambda: f"{self.number()} {self.one(*COMPARE)} {self.number(0)}",
            lambda: f"{self.number()} {self.one('in', '!in')} ({numbers})", lambda: f"{self.number()} {self.one('between', '!between')} ({self.one('0', '-1', '2')} .. {self.one('5', '4625')})",
            lambda: f"R {self.one(*COMPARE)} {self.one('0.5', '5', '1e10', '-0.5')}", lambda: f"toreal(N) {self.one(*COMPARE)} {self.one('0.5', '5.0')}",
            lambda: f"{self.one('isempty', 'isnotempty')}({self.one(self.string(1), 'N', 'D.a', 'D', 'At', 'B')})",
            lambda: f"{self.one('isnull', 'isnotnull')}({self.one('N', 'D.a', 'D', 'At', 'B', 'R', 'tolong(F)', 'D.l[9]', 'parse_json(F)')})",
            lambda: f"{self.one('startofweek(At)', 'startofmonth(At)', 'endofday(At)', 'At + 1d', 'datetime_add(' + chr(39) + 'day' + chr(39) + ', 1, At)', 'bin(At, 1d)', 'todatetime(F)')} {self.one('<', '>=')} {self.time()}",
            lambda: f"dayofweek(At) {self.one('==', '>')} {self.one('0d', '4d')}", lambda: f"At - datetime(2024-02-29) {self.one('<', '>')} {self.one('18h', '1d', '0s')}",
            lambda: f"toreal({self.column()}) {self.one(*COMPARE)} 5", lambda: f"totimespan(F) == 1h", lambda: f"N {self.one('==', '<')} R", lambda: f"bin(R, 0.5) == 0.5",
            lambda: f"At {self.one('==', '!=')} {self.literal(self.one('2024-02-29T18:00:00Z', '2024-03-01'))}",
            lambda: f"At {self.one('<', '<=', '>', '>=')} {self.time()}", lambda: f"At {self.one('==', '!=')} {self.time()}",
            lambda: f"At between (datetime(2024-02-29) .. {self.one('1d', 'datetime(2024-03-01)')})", lambda: f"{self.one('startofday(At)', 'bin(At, 1h)')} {self.one('==', '<')} {self.time()}",
            lambda: self.one("B", "B == true", "B != true", "B == false", "not(B)", "B in (true)", "true", "false", "tobool(F)", "tobool(F) == true"),
            lambda: f"{self.path()} {self.one('==', '!=')} {self.one(self.word(), '5', 'true')}", lambda: f"{self.path()} {self.one('contains', '=~', 'startswith', 'has')} {self.word()}",
            lambda: f"tostring({self.path()}) {self.one('==', 'contains', '=~')} {self.word()}", lambda: f"set_has_element({self.one('D.l', 'D', 'D.a')}, {self.one(self.word(), '5')})",
            lambda: f"tolong(D.n) {self.one(*COMPARE)} 5", lambda: f"array_index_of(D.l, {self.word()}) {self.one('==', '!=', '>=')} {self.one('-1', '0')}",
            lambda: f"ipv4_is_in_range(I, {self.literal(self.one(*NETWORKS))})", lambda: f"ipv4_is_in_any_range(I, {networks})", lambda: "ipv4_is_private(I)",
            lambda: f"ipv6_is_in_range(I, {self.literal(self.one(*NETWORKS6))})", lambda: f"ipv4_is_match(I, {self.literal(self.one(*NETWORKS))}{self.one('', ', 24')})",
        )()

    def listed(self):
        return "[%s]" % ", ".join(self.literal(self.one("a", "A", "cmd", "5", "b")) for _ in range(self.random.randint(0, 3)))

    def predicate(self, depth=2):
        if depth == 0 or self.random.random() < 0.4:
            return self.test()
        left, right = self.predicate(depth - 1), self.predicate(depth - 1)
        return self.one(f"{left} and {right}", f"{left} or {right}", f"({left} or {right}) and {self.test()}", f"not({left})", f"not({left} or {right})",
                        f"not({left} and {right})", f"coalesce({left}, false)", f"not(coalesce({left}, false))", f"iff({left}, {right}, false)", f"({left})",
                        f"({left}) == ({right})")

    def query(self):
        predicate, other = self.predicate(), self.predicate(1)
        return self.one(
            *[f"T | where {predicate}"] * 8, f"T | where {predicate} | where {other}", f"T // a comment\n| where {predicate} // another ' \" \n| where {other}",
            f"T | extend X = {self.string()} | where X {self.one(*TEXTUAL)} {self.word()}", f"T | extend X = {self.number()} | where X {self.one(*COMPARE)} 5",
            f"T | extend F = {self.string()} | where F {self.one(*TEXTUAL)} {self.word()}", f"let a = {self.word()}; T | where F == a or {predicate}",
            f"let a = dynamic({self.listed()}); T | where F in~ (a) and {predicate}", f"union (T | where {predicate}), (T | where {other})",
            f"union isfuzzy=true (T | where {predicate}), (Absent | where F == 'x')", f"T | where {predicate} | project F, N | where N > 0 or F != ''",
            f"T | where {predicate} | summarize total = count() by F | where total > {self.one('0', '1', '2')}", f"T | summarize total = dcount(F) by B | where total > 2",
            f"T | where {predicate} | count | where Count > {self.one('0', '3')}", f"T | join kind={self.one('leftsemi', 'leftanti', 'inner', 'leftouter')} (T | where {predicate}) on F",
            f"T | where F in ((T | where {predicate} | project F))", f"T | mv-expand x = D.l | where tostring(x) {self.one(*TEXTUAL)} {self.word()}",
            f"T | mv-expand x = D.l to typeof(string) | where x == {self.word()}", f"T | project-away G, R | where {self.test()}", f"T | where N == toscalar(T | where {other} | summarize max(N))",
            f"T | distinct F, B | where F {self.one(*TEXTUAL)} {self.word()}", f"T | sort by N asc, F desc | where {predicate}", f"let U = T | where {predicate}; U | where {other}",
            f"T | parse F with {self.literal(self.one('a', 'C:', '.'))} rest | where rest {self.one('==', '!=', 'contains')} {self.word()}",
            f"T | project-rename Z = F | where Z {self.one(*TEXTUAL)} {self.word()}", f"T | summarize s = make_set(F) by B | where array_length(s) > 2")
