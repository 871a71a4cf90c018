;; What `wasm-text.js` reads the engine's text with: the characters that stand at the start of the
;; memory become the bytes that they stand for, in the same place.
(module
  ;; 128 KB of text.
  (memory (export "memory") 2)
  ;; Takes where the characters end, answers where the bytes do.
  (func (export "read") (param $end i32) (result i32)
    (local $at i32) (local $to i32) (local $turn i32) (local $digit i32)
    (loop $next
      (local.set $digit (i32.load8_u (local.get $at)))
      ;; The digits begin with '!', and leave out '"', '$', ''', '<', '\' and '`'.
      (local.set $digit
        (i32.sub
          (i32.sub (local.get $digit) (i32.const 33))
          (i32.add
            (i32.add
              (i32.add
                (i32.gt_u (local.get $digit) (i32.const 34))
                (i32.gt_u (local.get $digit) (i32.const 36)))
              (i32.add
                (i32.gt_u (local.get $digit) (i32.const 39))
                (i32.gt_u (local.get $digit) (i32.const 60))))
            (i32.add
              (i32.gt_u (local.get $digit) (i32.const 92))
              (i32.gt_u (local.get $digit) (i32.const 96))))))
      (if (i32.lt_u (local.get $digit) (i32.const 86))
        (then
          (i32.store8
            (local.get $to)
            (i32.sub (i32.add (local.get $turn) (local.get $digit)) (i32.const 4)))
          (local.set $to (i32.add (local.get $to) (i32.const 1)))
          (local.set $turn (i32.const 0)))
        (else
          ;; No digit: it says which turn of them the next one is of.
          (local.set $turn
            (i32.mul (i32.sub (local.get $digit) (i32.const 85)) (i32.const 86)))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    (local.get $to)))
