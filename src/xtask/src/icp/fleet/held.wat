;; A canister that does not stop, because a call that it made is never answered. Three of it are needed: one that holds the
;; calls of others, one that it tries to stop for ever, and the one that does not stop.
(module
  (type $callback (func (param i32)))
  (import "ic0" "msg_arg_data_size" (func $size (result i32)))
  (import "ic0" "msg_arg_data_copy" (func $copy (param i32 i32 i32)))
  (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
  (import "ic0" "msg_reply" (func $reply))
  (import "ic0" "call_new" (func $call (param i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "ic0" "call_data_append" (func $argument (param i32 i32)))
  (import "ic0" "call_perform" (func $perform (result i32)))
  (memory 1)
  (table funcref (elem $nothing $stop))
  (data (i32.const 0) "hold")
  (data (i32.const 16) "stop_canister")
  (data (i32.const 32) "DIDL\00\00")
  ;; A record with canister_id, whose 10 bytes are written at 81.
  (data (i32.const 64) "DIDL\01\6c\01\b3\c4\b1\f2\04\68\01\00\01\0a")

  ;; The principal at the end of the argument.
  (func $principal (param $at i32)
    (call $copy (local.get $at) (i32.sub (call $size) (i32.const 10)) (i32.const 10)))
  (func $done
    (call $append (i32.const 32) (i32.const 6))
    (call $reply))
  (func $nothing (type $callback))
  (func $stop (type $callback)
    (call $call
      (i32.const 0) (i32.const 0) (i32.const 16) (i32.const 13)
      (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 0))
    (call $argument (i32.const 64) (i32.const 27))
    (drop (call $perform)))

  ;; What is asked before a stage.
  (func (export "canister_query get_profile_details") (call $done))
  ;; (principal): whom it tries to stop while it holds a call.
  (func (export "canister_update set")
    (call $principal (i32.const 81))
    (call $done))
  ;; Never answers.
  (func (export "canister_update hold")
    (call $stop (i32.const 0)))
  ;; (principal): calls that canister's `hold`, and does not wait for the answer itself.
  (func (export "canister_update hang")
    (call $principal (i32.const 128))
    (call $call
      (i32.const 128) (i32.const 10) (i32.const 0) (i32.const 4)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
    (drop (call $perform))
    (call $done)))
