"""Random VQL over one log file, and its rows: what rules come to and what people write by hand."""

WORDS = ["", "a", "A", "ab", "aB", "b", "cmd", "cmd.exe", "C:\\Windows\\cmd.exe", "\\", "\\\\x", "a\\", "a b", " a", "a ", "-", "a_b", "a-b", "a.b", "%",
         "*", "?", "'", '"', "a'b", 'a"b', "a\nb", "a\tb", "[a]", "(", "a|b", "{}", '{"a": "x"}', "<a>", "a&b", "5", "05", "0x10", "4625", "-5", "5.5",
         "true", "TRUE", "NULL", "é", "É", "ſ", "K", "straße", "İ", "中", "2024-03-01T00:00:00Z", "2024-03-01 00:00:00.123", "x2024-03-01", "Zm9v"]
ADDRESSES = ["", "-", "10.1.2.3", "10.1.2", "192.168.0.1", "256.1.1.1", "::1", "fe80::1", "::ffff:10.1.2.3", "x", "0.0.0.0", "10.0.0.01", " 10.1.2.3"]
NETWORKS = ["10.0.0.0/8", "192.168.0.0/16", "0.0.0.0/0", "::1/128", "fe80::/10", "10.1.2.3/32", "10.1.2.3", "x"]
NUMBERS = [0, 1, -1, 2, 5, 10, 16, 999, 4625, 2**31, 2**53 + 1, 2**62, 2**63, 1.5, -0.5, 1e10, 1700000000]
TREES = [None, {}, [], "a", 5, True, False, {"a": "x"}, {"a": "X", "n": 5}, {"a": ""}, {"a": None}, {"a": True}, {"a": {"b": "x"}}, {"a": ["x", "y"]}, {"a": "<x>"},
         {"l": ["a", "B", 5, None]}, {"l": []}, {"l": "a"}, {"n": 5.5}, {"n": "5"}, {"a": "a b", "n": -1}, ["a", "b"], {"A": "x"}, {"k.x": 1}, {"a b": 1}, [{"a": "x"}]]
PATTERNS = ["a", "^a", "a$", "^a$", "a.b", "(?-i)A", "(?s)a.b", "^c:\\\\", "\\\\cmd\\.exe$", "[a-c]+", "[^a]", "a|x", "(a)(b)", "a{2}", "\\d+", "^\\w+$", "\\ba\\b", "\\s",
            "^$", "(?m)^b", "a*", "[.]", "\\.", "a+?b", "(?:ab)+", "x?", ".", ".*", "", ".+", "(", "k", "s", "é", "^\\x{e9}$", "<", "&", "\"a\"", "1.5", "e"]
COMPARE = ["=", "!=", "<", "<=", ">", ">="]


class Queries:
    """Draws queries; the same generator gives the same ones."""

    def __init__(self, random):
        self.random = random

    def one(self, *choices):
        return self.random.choice(choices)

    def row(self):
        pick = self.random.choice
        data = {"F": pick(WORDS), "G": pick(WORDS), "I": pick(ADDRESSES), "N": pick(NUMBERS), "M": pick(NUMBERS), "B": pick([True, False]), "D": pick(TREES), "a b": pick(WORDS)}
        data = {name: value for name, value in data.items() if self.random.random() > 0.15}
        return {"System": {"EventID": {"Value": pick([1, 4625])}, "Computer": pick(["pc", "PC"]), "TimeCreated": {"SystemTime": 1700000000.5}}, "EventData": data}

    def literal(self, text):
        """A literal of that text, in one of its forms."""
        escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
        forms = ['"%s"' % escaped.replace('"', '\\"'), "'%s'" % escaped.replace("'", "\\'")]
        if "'''" not in text and not text.endswith("'"):
            forms.append(f"'''{text}'''")
        return self.random.choice(forms)

    def word(self):
        return self.literal(self.random.choice(WORDS))

    def column(self):
        return self.one("EventData.F", "EventData.F", "EventData.G", "EventData.`a b`", "EventData.`F`")

    def path(self):
        return self.one("EventData.D", "EventData.D.a", "EventData.D.l", "EventData.D.n", "EventData.D.l[0]", "EventData.D.`a b`", "EventData.D.A")

    def value(self):
        return self.one(self.column(), self.path(), "EventData.N", "EventData.B", "EventData.I", "EventData.Nope")

    def string(self, depth=2):
        if depth == 0 or self.random.random() < 0.5:
            return self.column()
        inner = self.string(depth - 1)
        return self.one(
            f"str(str={self.value()})", f"lowcase(string={self.value()})", f"upcase(string={inner})", f"lowcase(string={inner})",
            f"regex_replace(source={inner}, re={self.pattern()}, replace={self.literal(self.one('', 'x', '$0', 'b'))})",
            f"substr(str={inner}, start={self.one(0, 1, 2, 7)}, end={self.one(0, 1, 3)})", f"strip(string={inner}, prefix={self.literal(self.one('a', 'C:', ''))})",
            f"if(condition={self.predicate(depth - 1)}, then={inner}, else={self.word()})", f"{inner} + {self.word()}",
            f"format(format={self.literal(self.one('%v', '0x%x', '%s', '%v-%v', '%d'))}, args={self.one('EventData.N', self.column(), '(EventData.N, ' + self.column() + ')')})",
            f"get(item=EventData, field={self.literal(self.one('F', 'Nope', 'a b'))}, default={self.word()})", f"split(string={inner}, sep_string={self.literal(self.one('.', 'b'))})[{self.one(0, 1)}]",
            f"join(array={self.one('EventData.D.l', inner)}, sep={self.literal(self.one(',', ''))})", f"base64decode(string={inner})",
            f"parse_string_with_regex(string={inner}, regex='''(?P<x>[a-c])''').x")

    def number(self):
        return self.one("EventData.N", "EventData.N", "EventData.M", f"int(int={self.value()})", f"len(list={self.value()})", "System.EventID.Value", f"atoi(string={self.column()})",
                        "EventData.N + 1", "EventData.N * 2", "EventData.N / 2", f"parse_float(string={self.column()})", f"timestamp(string={self.column()}).Unix", "EventData.N - 1")

    def pattern(self):
        return self.literal(self.random.choice(PATTERNS))

    def test(self):
        words = ", ".join(self.word() for _ in range(self.random.randint(1, 3))) + self.one("", ",")
        numbers = ", ".join(str(self.one(*NUMBERS)) for _ in range(self.random.randint(1, 3))) + ","
        networks = ", ".join(self.literal(self.one(*NETWORKS)) for _ in range(self.random.randint(1, 2)))
        return self.one(
            lambda: f"{self.string()} =~ {self.pattern()}", lambda: f"{self.value()} =~ {self.pattern()}", lambda: f"{self.column()} =~ {self.pattern()}", lambda: f"EventData =~ {self.pattern()}",
            lambda: f"{self.string()} {self.one('=', '!=')} {self.word()}", lambda: f"{self.value()} {self.one('=', '!=')} {self.one(self.word(), '5', 'TRUE', 'NULL', '1.5')}",
            lambda: f"{self.value()} {self.one('=', '!=')} NULL", lambda: f"{self.string(1)} {self.one('=', '!=')} {self.string(1)}",
            lambda: f"{self.number()} {self.one(*COMPARE)} {self.one(*NUMBERS)}", lambda: f"{self.number()} {self.one(*COMPARE)} {self.number()}", lambda: f"{self.value()} {self.one(*COMPARE)} {self.one(self.word(), '5')}",
            lambda: f"{self.string(1)} IN ({words})", lambda: f"{self.number()} IN ({numbers})", lambda: f"{self.word()} IN {self.path()}", lambda: f"{self.value()} IN ({words})",
            lambda: f"cidr_contains(ip={self.one('EventData.I', self.value())}, ranges=[{networks}])", lambda: f"NOT EventData.I =~ ':' AND cidr_contains(ip=EventData.I, ranges={self.literal(self.one(*NETWORKS))})",
            lambda: f"{self.one('any', 'all')}(items={self.one('EventData.D.l', 'EventData.D', self.column())}, regex={self.pattern()})", lambda: self.value(), lambda: self.one("TRUE", "FALSE", "NULL", "1", "'a'"),
            lambda: f"Leaves(x=EventData)._value =~ {self.pattern()}", lambda: f"timestamp(epoch={self.one('EventData.N', 'System.TimeCreated.SystemTime', self.column())}) {self.one('<', '>')} '2024-01-01'",
            lambda: f"timestamp(string={self.column()}).UTC.{self.one('Hour', 'Year', 'Day')} {self.one(*COMPARE)} {self.one(0, 3, 2024)}", lambda: f"dict(x={self.value()}).x = {self.one(self.word(), '5')}",
            lambda: f"EventData.F = {self.column()}", lambda: f"filter(list=EventData.D.l, regex={self.pattern()}) {self.one('=', '!=')} ('a',)", lambda: f"serialize(item={self.value()}) =~ {self.pattern()}",
        )()

    def predicate(self, depth=2):
        if depth == 0 or self.random.random() < 0.35:
            return self.test()
        left, right = self.predicate(depth - 1), self.predicate(depth - 1)
        return self.one(f"{left} AND {right}", f"{left} OR {right}", f"({left} OR {right}) AND {self.test()}", f"NOT {left}", f"NOT ({left} OR {right})", f"NOT ({left} AND {right})",
                        f"({left})", f"{left} AND NOT {right}", f"{left} OR {right} AND {self.test()}", f"({left}) = ({right})", f"if(condition={left}, then={right}, else=FALSE)")

    def query(self):
        before = "LET Leaves(x) = SELECT _value FROM items(item=x)\nLET T = SELECT * FROM parse_evtx(filename='T.evtx')\n"
        predicate, other = self.predicate(), self.predicate(1)
        return before + self.one(
            f"SELECT * FROM T WHERE {predicate}", f"SELECT * FROM T WHERE {predicate}", f"SELECT * FROM parse_evtx(filename='T.evtx') WHERE {predicate}", f"SELECT EventData.F AS F FROM T WHERE {predicate}",
            f"SELECT * FROM foreach(row={{ SELECT OSPath FROM glob(globs='C:/Windows/System32/winevt/Logs/{self.one('T.evtx', '*.evtx', 'U.evtx', '?.evtx', '**')}') }}, query={{ SELECT * FROM parse_evtx(filename=OSPath) }}) WHERE {predicate}",
            f"LET U = SELECT * FROM T WHERE {other}\nSELECT * FROM U WHERE {predicate}", f"SELECT *, EventData.F AS Z FROM T WHERE Z {self.one('=', '!=')} {self.word()} OR {predicate}",
            f"LET Hit(x) = x =~ {self.pattern()}\nSELECT * FROM T WHERE Hit(x={self.value()}) AND {predicate}", f"SELECT * FROM T WHERE {predicate} LIMIT {self.one(1, 5, 100)}",
            f"SELECT count() AS c, {self.column()} AS k FROM T WHERE {predicate} GROUP BY k", f"SELECT * FROM chain(a={{ SELECT * FROM T WHERE {other} }}, b={{ SELECT * FROM T WHERE {predicate} }})",
            f"SELECT * FROM T WHERE {predicate} -- a comment\n OR {other}", f"// above\nSELECT * FROM T /* here */ WHERE {predicate}")
