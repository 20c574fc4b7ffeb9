"""Tests in a real browser: JupyterLab, a kernel and Chromium, with nothing in reach but 127.0.0.1."""
