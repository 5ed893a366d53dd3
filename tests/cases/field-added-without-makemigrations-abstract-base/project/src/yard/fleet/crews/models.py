from yard.common import bases


class Crew(bases.Named):
    length = bases.models.IntegerField(default=0)
