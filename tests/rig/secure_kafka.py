"""A Kafka with TLS, SASL and access rules, a listener each, and one that advertises a name nobody knows."""

import pathlib
import shutil
import tempfile

from confluent_kafka.admin import (AclBinding, AclOperation, AclPermissionType, ResourcePatternType, ResourceType)

from .kafka import Kafka
from .process import free_port
from .tls import Authority

PASSWORD = "pa;ss #Plant-77"

# listener: its protocol, and what it advertises
LISTENERS = {
    "SCRAM": ("SASL_SSL", "localhost"),
    "CLEAR": ("SASL_PLAINTEXT", "localhost"),
    "MUTUAL": ("SSL", "localhost"),
    "LOST": ("PLAINTEXT", "kafka-service.leaf.invalid"),
}


class SecureKafka(Kafka):
    """The rig's own listener is without any of it and may do everything; the user `sluice` may do what allow() allowed.
    The certificate names localhost, no address."""

    def __init__(self):
        self.secrets = pathlib.Path(tempfile.mkdtemp(prefix="sluice-secrets-"))
        self.authority = Authority(self.secrets / "authority")
        self.client = self.authority.issue("sluice")
        ports = [(free_port(), free_port())]
        self.ports = {name: free_port() for name in LISTENERS}
        super().__init__(ports=ports, format_options=("--add-scram", f"SCRAM-SHA-512=[name=sluice,password={PASSWORD}]"),
                         **self._properties(*ports[0]))

    def __exit__(self, *_):
        super().__exit__()
        shutil.rmtree(self.secrets, ignore_errors=True)

    def _properties(self, port, controller):
        listeners = [f"PLAINTEXT://127.0.0.1:{port}", f"CONTROLLER://127.0.0.1:{controller}"]
        advertised = listeners[:1]
        protocols = ["PLAINTEXT:PLAINTEXT", "CONTROLLER:PLAINTEXT"]
        properties = {
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
            "sasl.enabled.mechanisms": "SCRAM-SHA-512,PLAIN",
        }
        keys = self.authority.issue("kafka", "DNS:localhost")
        for name, (protocol, host) in LISTENERS.items():
            listeners.append(f"{name}://127.0.0.1:{self.ports[name]}")
            advertised.append(f"{name}://{host}:{self.ports[name]}")
            protocols.append(f"{name}:{protocol}")
            prefix = f"listener.name.{name.lower()}."
            if "SSL" in protocol:
                properties |= {prefix + "ssl.keystore.type": "PEM", prefix + "ssl.keystore.location": keys,
                               prefix + "ssl.truststore.type": "PEM", prefix + "ssl.truststore.location": self.authority.ca}
            if protocol.startswith("SASL"):
                properties |= {
                    prefix + "scram-sha-512.sasl.jaas.config":
                        "org.apache.kafka.common.security.scram.ScramLoginModule required;",
                    prefix + "plain.sasl.jaas.config":
                        f'org.apache.kafka.common.security.plain.PlainLoginModule required user_sluice="{PASSWORD}";'}
        properties["listener.name.mutual.ssl.client.auth"] = "required"
        return properties | {"listeners": ",".join(listeners), "advertised.listeners": ",".join(advertised),
                             "listener.security.protocol.map": ",".join(protocols)}

    def allow(self, resource, name, *operations, user="sluice"):
        """allow("topic", "potato", "READ"); a name that ends in * is a prefix."""
        pattern = ResourcePatternType.PREFIXED if name.endswith("*") else ResourcePatternType.LITERAL
        rules = [AclBinding(ResourceType[resource.upper()], name.rstrip("*"), pattern, f"User:{user}", "*",
                            AclOperation[operation], AclPermissionType.ALLOW) for operation in operations]
        admin = self.admin()  # held until the answers are there
        for future in admin.create_acls(rules).values():
            future.result(30)

    def ini(self, listener, password=PASSWORD, ca=None, mechanism="SCRAM-SHA-512", host="localhost"):
        """The [kafka] section for a listener."""
        protocol = LISTENERS[listener][0]
        text = f"[kafka]\nbootstrap.servers = {host}:{self.ports[listener]}\nsecurity.protocol = {protocol}\n"
        if "SSL" in protocol:
            text += f"ssl.ca.location = {ca or self.authority.ca}\n"
        if protocol == "SSL":
            text += f"ssl.certificate.location = {self.client}\nssl.key.location = {self.client}\n"
        if protocol.startswith("SASL"):
            text += f"sasl.mechanism = {mechanism}\nsasl.username = sluice\nsasl.password = {password}\n"
        return text
