from django import forms

from exchange.rates.models import Rate


class RateForm(forms.Form):
    code = forms.ChoiceField(choices=lambda: [(rate.code, rate.code) for rate in Rate.objects.all()])
