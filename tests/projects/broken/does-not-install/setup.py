from setuptools import setup

with open("VERSION") as file:  # not in the repository: a release script writes it
    version = file.read().strip()

setup(
    name="django-cannot-be-built",
    version=version,
    packages=["cannot"],
    python_requires=">=3.11",
    install_requires=["Django>=5.2,<5.3"],
    extras_require={"tests": ["pytest", "pytest-django"]},
    classifiers=[
        "Framework :: Django :: 5.2",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
    ],
)
