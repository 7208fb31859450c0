"""Consents to the processing of personal data (152-ФЗ): what is asked, who gave and withdrew which, and when."""
