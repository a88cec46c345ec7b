//! The QR code of a transfer (VietQR: EMVCo's format with the rows of NAPAS). PURE.

/// NAPAS, and its service "transfer to an account".
const NAPAS: &str = "A000000727";
const TO_ACCOUNT: &str = "QRIBFTTA";
/// Đồng in ISO 4217.
const DONG: &str = "704";
/// Longest purpose that banks carry.
const PURPOSE_LIMIT: usize = 25;

/// The account that a transfer goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payee {
    /// Six digits of the bank.
    pub bin: String,
    pub account: String,
}

/// The text of a code for one transfer: an amount in đồng and a purpose in ASCII, which comes
/// back in the bank's credit notice.
pub fn payload(payee: &Payee, amount: i64, purpose: &str) -> String {
    let purpose: String = purpose.chars().filter(char::is_ascii).take(PURPOSE_LIMIT).collect();
    let to = row("00", &payee.bin) + &row("01", &payee.account);
    let rows = [
        row("00", "01"),
        // Good for one payment.
        row("01", "12"),
        row("38", &(row("00", NAPAS) + &row("01", &to) + &row("02", TO_ACCOUNT))),
        row("53", DONG),
        row("54", &amount.to_string()),
        row("58", "VN"),
        row("62", &row("08", &purpose)),
    ];
    let text = rows.concat() + "6304";
    let crc = crc(text.as_bytes());
    format!("{text}{crc:04X}")
}

/// A row: two digits of its name, two of its length, its value.
fn row(name: &str, value: &str) -> String {
    format!("{name}{:02}{value}", value.len())
}

/// CRC-16/CCITT-FALSE.
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xffff, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // Vectors: the check value of the CRC's catalogue; a public payload; two made elsewhere.
    #[test]
    fn the_sum_is_that_of_the_catalogue() {
        assert_eq!(crc(b"123456789"), 0x29b1);
        let public = "00020101021238530010A0000007270123000697043201091290057180208QRIBFTTA53037045802VN\
                      5920NGUYEN PHAM THUY LAN62390835Thanh toan don hang cho Bean Bakery6304";
        assert_eq!(crc(public.as_bytes()), 0x3aa2);
    }

    #[test]
    fn the_payload_is_that_of_others() {
        let payee = |bin: &str, account: &str| Payee { bin: bin.to_owned(), account: account.to_owned() };
        assert_eq!(
            payload(&payee("970436", "0011000123456"), 28_000, "H49.22 LP DIA CHINH"),
            "00020101021238570010A00000072701270006970436011300110001234560208QRIBFTTA53037045405280005802VN\
             62230819H49.22 LP DIA CHINH6304A80E"
        );
        assert_eq!(
            payload(&payee("970415", "1234567890"), 1_158_500, "LPTB H49222601010001"),
            "00020101021238540010A00000072701240006970415011012345678900208QRIBFTTA5303704540711585005802VN\
             62240820LPTB H4922260101000163047632"
        );
    }
}
