from django import forms

from exchange.rates.models import Rate


def codes():
    return [(code, code) for code in Rate.objects.values_list("code", flat=True)]


class RateForm(forms.Form):
    code = forms.ChoiceField(choices=codes)
    rate = forms.ModelChoiceField(queryset=Rate.objects.all(), required=False)
