"""A small world of certificates for signed PDFs: authorities, signers, a time-stamp service,
lists and answers about revocation, good ones and wrong ones."""
import datetime

from asn1crypto import keys, ocsp as asn1_ocsp, x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
DAY = datetime.timedelta(days=1)
YEAR = 365 * DAY
KEYS = {}


def key(kind="rsa", name=None):
    """A key; those with a name are made once."""
    if name and name in KEYS:
        return KEYS[name]
    made = {
        "rsa": lambda: rsa.generate_private_key(65537, 2048),
        "rsa1024": lambda: rsa.generate_private_key(65537, 1024),
        "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
        "ed25519": ed25519.Ed25519PrivateKey.generate,
    }[kind]()
    if name:
        KEYS[name] = made
    return made


def dn(name, organisation=None):
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "VN")]
    if organisation:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    return x509.Name(parts + [x509.NameAttribute(NameOID.COMMON_NAME, name)])


def usage(**given):
    names = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]
    return x509.KeyUsage(**{name: given.get(name, False) for name in names})


CA_USE = usage(key_cert_sign=True, crl_sign=True)
SIGN_USE = usage(digital_signature=True, content_commitment=True)


class Holder:
    """A key and its certificate."""

    def __init__(self, certificate, private):
        self.certificate, self.key = certificate, private
        self.der = certificate.public_bytes(serialization.Encoding.DER)
        self.pem = certificate.public_bytes(serialization.Encoding.PEM)
        self.asn1 = asn1_x509.Certificate.load(self.der)
        self.asn1_key = keys.PrivateKeyInfo.load(private.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


def issue(subject, issuer=None, private=None, ca=None, use=SIGN_USE, purposes=None, critical_purposes=False,
          since=NOW - YEAR, until=NOW + YEAR, md=hashes.SHA256(), more=(), authority=True):
    """A certificate; `ca` = None (not one), or the length of the path below it (-1 = any)."""
    private = private or key()
    signs = issuer.key if issuer else private
    builder = (x509.CertificateBuilder().subject_name(subject)
               .issuer_name(issuer.certificate.subject if issuer else subject)
               .public_key(private.public_key()).serial_number(x509.random_serial_number())
               .not_valid_before(since).not_valid_after(until)
               .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), False))
    if authority:
        builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signs.public_key()), False)
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(True, None if ca < 0 else ca), True)
    if use:
        builder = builder.add_extension(use, True)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical_purposes)
    if issuer:
        place = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://ocsp.example/"))
        builder = builder.add_extension(x509.AuthorityInformationAccess([place]), False)
    for extension, critical in more:
        builder = builder.add_extension(extension, critical)
    if isinstance(signs, ed25519.Ed25519PrivateKey):
        md = None
    return Holder(builder.sign(signs, md), private)


def crl(issuer, revoked=(), since=NOW - DAY, until=NOW + 7 * DAY, signs=None):
    """`revoked`: (holder, when, reason, invalid since)."""
    builder = (x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject)
               .last_update(since).next_update(until)
               .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), False)
               .add_extension(x509.CRLNumber(1), False))
    for holder, when, reason, invalid in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(holder.certificate.serial_number).revocation_date(when)
        if reason:
            entry = entry.add_extension(x509.CRLReason(reason), False)
        if invalid:
            entry = entry.add_extension(x509.InvalidityDate(invalid), False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign((signs or issuer).key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def answer(holder, issuer, responder, status=ocsp.OCSPCertStatus.GOOD, since=NOW, until=NOW + 7 * DAY, revoked=None,
           send=True, md=hashes.SHA256()):
    """An OCSP response about a certificate."""
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=holder.certificate, issuer=issuer.certificate, algorithm=hashes.SHA256(), cert_status=status,
        this_update=since, next_update=until, revocation_time=revoked, revocation_reason=None,
    ).responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
    if send:
        builder = builder.certificates([responder.certificate])
    response = builder.sign(responder.key, md)
    return response.public_bytes(serialization.Encoding.DER)


def parsed(response):
    return asn1_ocsp.OCSPResponse.load(response)


class World:
    def __init__(self):
        self.root = issue(dn("Trung tâm Chứng thực thử", "Cơ quan gốc"), ca=-1, use=CA_USE, until=NOW + 5 * YEAR)
        self.sub = issue(dn("CA công vụ thử", "Cơ quan cấp"), self.root, ca=0, use=CA_USE, until=NOW + 4 * YEAR)
        self.signer = self.person("Nguyễn Văn A")
        self.second = self.person("Trần Thị B", key("p256"))
        self.tsa = self.stamper("Dịch vụ dấu thời gian thử")
        self.responder = issue(dn("OCSP thử"), self.sub, purposes=[ExtendedKeyUsageOID.OCSP_SIGNING],
                               use=usage(digital_signature=True), more=[(x509.OCSPNoCheck(), False)])
        # Another authority that calls itself the same.
        self.false_root = issue(dn("Trung tâm Chứng thực thử", "Cơ quan gốc"), ca=-1, use=CA_USE)
        self.false_sub = issue(dn("CA công vụ thử", "Cơ quan cấp"), self.false_root, ca=0, use=CA_USE)
        self.crls = [crl(self.root), crl(self.sub)]

    def person(self, name, private=None, issuer=None, **more):
        return issue(dn(name, "UBND phường Hồng Gai"), issuer or self.sub, private, **more)

    def stamper(self, name, issuer=None, purposes=(ExtendedKeyUsageOID.TIME_STAMPING,), critical=True, **more):
        return issue(dn(name), issuer or self.sub, use=usage(digital_signature=True), purposes=list(purposes),
                     critical_purposes=critical, **more)
