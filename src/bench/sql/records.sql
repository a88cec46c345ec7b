-- Documents {from} to {to}: {many} of the first citizen, five of each other, and five of everybody else.
INSERT INTO person (id, identity_no, full_name, identity_level, created_at, updated_at)
SELECT ('00000000-0000-7000-a100-' || lpad(to_hex(holder), 12, '0'))::uuid, '3' || lpad(holder::text, 11, '0'),
       'Trần Thị ' || holder, 2, now(), now()
  FROM generate_series({from}::bigint / 5, {to}::bigint / 5) AS holder
    ON CONFLICT DO NOTHING;

INSERT INTO record_document (id, holder_person_id, kind, title, issuer, number, issued_on, valid_from, trust, standing,
                             standing_at, source, keeper_id, taken_in_at, taken_in_by, words)
SELECT ('00000000-0000-7000-a200-' || lpad(to_hex(n), 12, '0'))::uuid,
       CASE WHEN n <= {many} THEN '00000000-0000-7000-a000-000000000001'
            WHEN n <= {many} + 5 * ({citizens} - 1)
            THEN '00000000-0000-7000-a000-' || lpad(to_hex((n - {many} - 1) / 5 + 2), 12, '0')
            ELSE '00000000-0000-7000-a100-' || lpad(to_hex(n / 5), 12, '0') END::uuid,
       type.kind, type.title, 'Ủy ban nhân dân phường Hồng Gai', lpad(n::text, 8, '0') || '/2026', '2026-09-01',
       '2026-09-01', 'imported', 'valid', now(), 'import', keeper.id, now(), 'bench:',
       ARRAY[lpad(n::text, 8, '0'), '2026', 'ban', 'dan', 'gai', 'hong', 'nhan', 'phuong', 'uy'] || type.words
         -- As many words as a short text has, of a vocabulary of thousands.
         || ARRAY(SELECT 'tu' || (n * 7919 + k * 104729) % 20000 FROM generate_series(1, 20) AS k)
  FROM generate_series({from}::bigint, {to}) AS n
  JOIN (VALUES (0, 'KQ.G15.000031', 'Giấy khai sinh', '{giay,khai,kq.g15.000031,sinh}'::text[]),
               (1, 'KQ.G15.000038', 'Giấy xác nhận tình trạng hôn nhân',
                '{giay,hon,kq.g15.000038,nhan,tinh,trang,xac}'),
               (2, 'GT.DAT', 'Giấy chứng nhận quyền sử dụng đất', '{chung,dat,dung,giay,gt.dat,nhan,quyen,su}'),
               (3, 'GT.HKD', 'Giấy chứng nhận đăng ký hộ kinh doanh',
                '{chung,dang,doanh,giay,gt.hkd,ho,kinh,ky,nhan}'),
               (4, 'GT.XD', 'Giấy phép xây dựng', '{dung,giay,gt.xd,phep,xay}')) AS type (nth, kind, title, words)
    ON type.nth = n % 5
 CROSS JOIN (SELECT id FROM agency WHERE code = 'H49.45') AS keeper;
