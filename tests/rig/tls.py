"""Certificates of a test's own: an authority, and keys with certificates that it signs, as PEM files in a folder."""

import pathlib
import subprocess


class Authority:
    """`Authority(folder)` makes the authority; its certificate is in the file `authority.ca`."""

    def __init__(self, folder, name="sluice test authority"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ca, self.key = self.folder / "ca.pem", self.folder / "ca.key"
        self._openssl(name, self.key, self.ca, "-addext", "basicConstraints=critical,CA:TRUE")

    def issue(self, name, *alternatives):
        """A file with a key and its certificate; alternatives: "DNS:localhost", "IP:127.0.0.1"."""
        key, certificate, both = (self.folder / f"{name}.{end}" for end in ("key", "crt", "pem"))
        extensions = ("-addext", "subjectAltName=" + ",".join(alternatives)) if alternatives else ()
        self._openssl(name, key, certificate, "-CA", self.ca, "-CAkey", self.key, "-addext", "basicConstraints=CA:FALSE",
                      *extensions)
        both.write_text(key.read_text() + certificate.read_text())
        return both

    @staticmethod
    def _openssl(name, key, certificate, *more):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc",
                        "-days", "2", "-subj", f"/CN={name}", "-keyout", key, "-out", certificate, *more], check=True,
                       capture_output=True, timeout=60)
