;; Decodes the engine's text for `wasm-text.js`: replaces the characters at the start of the memory by the bytes that
;; they encode.
(module
  ;; Room for 128 KB of text.
  (memory (export "memory") 2)
  ;; Gets the end of the characters, and returns the end of the bytes.
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
          ;; A mark: it tells the turn of the next digit.
          (local.set $turn
            (i32.mul (i32.sub (local.get $digit) (i32.const 85)) (i32.const 86)))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    (local.get $to)))
