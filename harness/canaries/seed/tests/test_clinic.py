import datetime as dt

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction
from django.test import TestCase
from django.utils import timezone

from audit.models import Entry
from billing.models import Invoice, InvoiceLine, Payment
from clinics.models import Clinic, Room
from insurance.models import Insurer, Policy
from inventory.models import Movement, Stock
from laboratory.models import Assay, LabOrder, LabResult
from messaging.models import Message, Thread
from patients.models import Patient
from pharmacy.models import Drug, Prescription
from reports.models import Report
from scheduling.models import Appointment
from staffing.models import Practitioner, Specialty
from visits.models import Measurement, Visit


class ClinicTests(TestCase):
    """One patient's way through all 14 apps, foreign key by foreign key."""

    @classmethod
    def setUpTestData(cls):
        cls.user = get_user_model().objects.create_user(email="ada@example.test", full_name="Ada")
        cls.clinic = Clinic.objects.create(name="North", owner=cls.user)
        cls.room = Room.objects.create(clinic=cls.clinic, label="1")
        cls.doctor = Practitioner.objects.create(user=cls.user, clinic=cls.clinic, registration="R-1")
        cls.doctor.specialties.add(Specialty.objects.create(code="gp", name="General practice"))
        cls.patient = Patient.objects.create(
            clinic=cls.clinic,
            general_practitioner=cls.doctor,
            family_name="Byron",
            given_name="George",
            born_on=dt.date(1988, 1, 22),
        )
        cls.appointment = Appointment.objects.create(
            patient=cls.patient,
            practitioner=cls.doctor,
            room=cls.room,
            booked_by=cls.user,
            starts_at=timezone.now(),
        )
        cls.visit = Visit.objects.create(appointment=cls.appointment)

    def test_a_visit_is_measured_and_tested(self):
        Measurement.objects.create(visit=self.visit, kind="pulse", value="61.5", unit="1/min")
        order = LabOrder.objects.create(visit=self.visit, ordered_by=self.doctor)
        assay = Assay.objects.create(code="GLU", name="Glucose")
        LabResult.objects.create(order=order, assay=assay, value={"mmol/l": 5.1, "flags": ["fasting"]})
        self.assertEqual([assay], list(order.assays.all()))
        self.assertEqual({"mmol/l": 5.1, "flags": ["fasting"]}, LabResult.objects.get(value__flags=["fasting"]).value)

    def test_a_prescription_moves_stock(self):
        drug = Drug.objects.create(code="ASA", name="Aspirin")
        first = Prescription.objects.create(visit=self.visit, drug=drug, dose="1-0-0")
        second = Prescription.objects.create(visit=self.visit, drug=drug, dose="1-0-1", renews=first)
        Movement.objects.create(
            stock=Stock.objects.create(clinic=self.clinic, drug=drug, quantity=10), by=self.user, change=-2
        )
        self.assertEqual([second], list(first.renewals.all()))
        self.assertEqual(-2, Movement.objects.get(stock__drug__prescriptions=first).change)

    def test_an_invoice_is_paid_and_reported(self):
        policy = Policy.objects.create(
            insurer=Insurer.objects.create(name="Mutual"), patient=self.patient, number="P-1"
        )
        invoice = Invoice.objects.create(visit=self.visit, policy=policy, issued_by=self.user, number="2024-1")
        InvoiceLine.objects.create(invoice=invoice, text="Consultation", amount="40.00")
        Payment.objects.create(invoice=invoice, received_by=self.user, amount="40.00", reference="T-1")
        report = Report.objects.create(clinic=self.clinic, requested_by=self.user, month=dt.date(2024, 1, 1))
        report.invoices.add(invoice)
        self.assertEqual([report], list(Report.objects.filter(invoices__visit__appointment__patient=self.patient)))

    def test_a_thread_has_participants(self):
        thread = Thread.objects.create(patient=self.patient)
        thread.participants.add(self.user)
        Message.objects.create(thread=thread, author=self.user, text="Good news")
        self.assertEqual(["Good news"], list(self.user.threads.values_list("messages__text", flat=True)))

    def test_an_entry_points_at_anything(self):
        entry = Entry.objects.create(actor=self.user, target=self.patient, action="opened")
        entry.refresh_from_db()
        self.assertEqual(str(self.patient.pk), entry.object_id)
        self.assertEqual("patient", entry.content_type.model)

    def test_one_appointment_at_a_time(self):
        with self.assertRaises(IntegrityError), transaction.atomic():
            Appointment.objects.create(
                patient=self.patient,
                practitioner=self.doctor,
                booked_by=self.user,
                starts_at=self.appointment.starts_at,
            )

    def test_deleting_goes_by_the_keys(self):
        self.appointment.delete()
        self.assertFalse(Visit.objects.filter(pk=self.visit.pk).exists())
        self.assertTrue(Patient.objects.filter(pk=self.patient.pk).exists())

    def test_permissions_came_with_the_tables(self):
        """They are made after migrating, by a signal, whether migrations are in force or not."""
        self.assertTrue(Permission.objects.filter(codename="view_invoice", content_type__app_label="billing").exists())
