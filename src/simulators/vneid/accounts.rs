//! The invented people and organisations that have an account (`data/demo/people.json`).

use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const PEOPLE: &str = include_str!("../../../data/demo/people.json");

#[derive(Deserialize)]
struct People {
    citizens: Vec<Citizen>,
    organisations: Vec<Organisation>,
}

#[derive(Debug, Clone, Deserialize)]
struct Citizen {
    id_number: String,
    full_name: String,
    sex: String,
    birth_date: String,
    phone: String,
    email: String,
    address: String,
    identity_level: u8,
}

#[derive(Debug, Clone, Deserialize)]
struct Organisation {
    tax_code: String,
    name: String,
    representative: String,
}

/// Somebody who can log in: a citizen, or an organisation by its representative.
#[derive(Debug, Clone)]
pub struct Account {
    citizen: Citizen,
    organisation: Option<Organisation>,
}

/// Every account; people whose level is 0 have none.
pub fn all() -> serde_json::Result<Vec<Account>> {
    let people: People = serde_json::from_str(PEOPLE)?;
    let citizens: Vec<Citizen> = people.citizens.into_iter().filter(|c| c.identity_level > 0).collect();
    let organisations = people.organisations.into_iter().filter_map(|organisation| {
        let citizen = citizens.iter().find(|c| c.id_number == organisation.representative)?.clone();
        Some(Account { citizen, organisation: Some(organisation) })
    });
    let organisations: Vec<Account> = organisations.collect();
    Ok(citizens
        .into_iter()
        .map(|citizen| Account { citizen, organisation: None })
        .chain(organisations)
        .collect())
}

impl Account {
    /// What a person types to log in: the identity number, or the organisation's tax number.
    pub fn login(&self) -> &str {
        self.organisation.as_ref().map_or(&self.citizen.id_number, |o| &o.tax_code)
    }

    pub fn name(&self) -> &str {
        self.organisation.as_ref().map_or(&self.citizen.full_name, |o| &o.name)
    }

    /// Level of assurance, 1 or 2 (NĐ 69/2024).
    pub fn level(&self) -> u8 {
        self.citizen.identity_level
    }

    /// The pairwise subject of the account, always the same.
    pub fn subject(&self) -> String {
        hex::encode(&Sha256::digest(format!("vneid:{}", self.login()))[..16])
    }

    /// The fields that the national portal's login hands on.
    pub fn userinfo(&self) -> Value {
        let citizen = &self.citizen;
        let digest = Sha256::digest(format!("tech:{}", citizen.id_number));
        let mut tech_id = [0; 16];
        tech_id.copy_from_slice(&digest[..16]);
        let mut fields = json!({
            "sub": self.subject(),
            "TechID": uuid::Builder::from_random_bytes(tech_id).into_uuid(),
            "LoaiTaiKhoan": if self.organisation.is_some() { "2" } else { "1" },
            "HoVaTen": citizen.full_name,
            "SoDinhDanh": citizen.id_number,
            "NgayThangNamSinh": citizen.birth_date.replace('-', ""),
            "GioiTinh": if citizen.sex == "male" { "Nam" } else { "Nữ" },
            "DiaChi": citizen.address,
            "SoDienThoai": citizen.phone,
            "ThuDienTu": citizen.email,
            "loginIdp": "BCA",
            "loAs": citizen.identity_level.to_string(),
        });
        if let Some(organisation) = &self.organisation {
            fields["MaSoThue"] = json!(organisation.tax_code);
            fields["MaSoDoanhNghiep"] = json!(organisation.tax_code);
            fields["TenDoanhNghiep"] = json!(organisation.name);
        }
        fields
    }
}

/// A secret that cannot be guessed.
pub fn random() -> String {
    let bytes: [u8; 32] = rand::random();
    hex::encode(bytes)
}
