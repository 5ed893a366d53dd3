import datetime as dt

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.test import TestCase

from loans.models import Book, Loan

DAY = dt.date(2026, 3, 1)


class LoanTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.reader = get_user_model().objects.create_user("reader")
        cls.book = Book.objects.create(title="The Trial")

    def test_a_loan_ends_after_four_weeks(self):
        loan = Loan.objects.create(book=self.book, reader=self.reader, since=DAY)
        self.assertFalse(loan.is_overdue(DAY + dt.timedelta(days=28)))
        self.assertTrue(loan.is_overdue(DAY + dt.timedelta(days=29)))

    def test_a_book_is_lent_once(self):
        Loan.objects.create(book=self.book, reader=self.reader, since=DAY)
        with self.assertRaises(IntegrityError), transaction.atomic():
            Loan.objects.create(book=self.book, reader=self.reader, since=DAY)
