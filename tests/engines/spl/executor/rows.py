"""Rows: fields with one text or several each. A row that came from the store keeps its number."""

from .values import Field, text_of


class Row:
    """`number` is None where the row stands for no stored one; `lost_raw` says that a command took _raw away."""

    __slots__ = ("fields", "number", "lost_raw")
    # The time of the search, in seconds since 1970; one search runs at a time.
    clock = 0

    def __init__(self, fields, number=None, lost_raw=False):
        self.fields, self.number, self.lost_raw = fields, number, lost_raw

    @classmethod
    def stored(cls, values, number):
        fields = {}
        for name, value in values.items():
            if value is None or value == []:
                continue
            fields[name] = tuple(map(written, value)) if isinstance(value, list) else (written(value),)
        return cls(fields, number)

    def get(self, name, default=()):
        return self.fields.get(name, default)

    def value(self, name):
        """The value in an expression."""
        texts = self.fields.get(name)
        if not texts:
            return None
        return Field(texts[0]) if len(texts) == 1 else tuple(map(Field, texts))

    def having(self, name, value):
        """The row with one field as given, for the time of an expression."""
        fields = {**self.fields, name: (text_of(value),)}
        return Row(fields, self.number, self.lost_raw)

    def set(self, name, value):
        """Sets a field; null takes it away."""
        if value is None:
            self.fields.pop(name, None)
        elif isinstance(value, tuple):
            self.fields[name] = tuple(map(text_of, value))
        else:
            self.fields[name] = (text_of(value),)


def written(value):
    return value if isinstance(value, str) else text_of(value)
