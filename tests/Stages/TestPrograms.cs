namespace BpfIncr.Stages.Tests;

/// <summary>Small programs as textual IR.</summary>
internal static class TestPrograms
{
    private const string Header = """
        target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
        target triple = "bpfel"
        @LICENSE = constant [4 x i8] c"GPL\00", section "license"

        """;

    /// <summary>Returns a field of its context, behind a check that panics.</summary>
    public const string Panicking = Header + """
        define i32 @prog(ptr %context) section "socket" {
          %length = load i32, ptr %context
          %bad = icmp ugt i32 %length, 100000
          br i1 %bad, label %panic, label %end
        panic:
          call void @_ZN4core9panicking5panic17h0123456789abcdefE() #1
          unreachable
        end:
          ret i32 %length
        }
        define internal void @_ZN4core9panicking5panic17h0123456789abcdefE() #0 {
          call void @_RNvCsabc_7___rustc17rust_begin_unwind() #1
          unreachable
        }
        define internal void @_RNvCsabc_7___rustc17rust_begin_unwind() #0 {
          br label %forever
        forever:
          br label %forever
        }
        attributes #0 = { noinline cold noreturn "target-cpu"="generic" }
        attributes #1 = { noinline cold }
        """;

    /// <summary>Calls a function whose result is too large for a register.</summary>
    public const string Returning = Header + """
        define i32 @prog(ptr %context) section "socket" {
          %place = alloca [24 x i8], align 8
          %length = load i64, ptr %context
          call void @fill(ptr sret([24 x i8]) %place, i64 %length)
          %result = load i32, ptr %place
          ret i32 %result
        }
        define internal void @fill(ptr sret([24 x i8]) %result, i64 %length) noinline {
          store volatile i64 %length, ptr %result
          ret void
        }
        """;

    /// <summary>Multiplies 128-bit values.</summary>
    public const string Multiplying = Header + """
        define i32 @prog(ptr %context) section "socket" {
          %a = load i64, ptr %context
          %at = getelementptr i8, ptr %context, i64 8
          %b = load i64, ptr %at
          %a.wide = zext i64 %a to i128
          %b.wide = sext i64 %b to i128
          %product = mul i128 %a.wide, %b.wide
          %high = lshr i128 %product, 96
          %result = trunc i128 %high to i32
          ret i32 %result
        }
        """;

    /// <summary>Reads and writes a variable atomically, without any order.</summary>
    public const string Atomic = Header + """
        @COUNT = global i64 0, section ".bss"
        define i32 @prog(ptr %context) section "socket" {
          %count = load atomic i64, ptr @COUNT monotonic, align 8
          %next = add i64 %count, 1
          store atomic i64 %next, ptr @COUNT monotonic, align 8
          ret i32 0
        }
        """;

    /// <summary>Two functions that call each other.</summary>
    public const string Recursive = Header + """
        define i32 @prog(ptr %context) section "socket" {
          %length = load i32, ptr %context
          %result = call i32 @even(i32 %length)
          ret i32 %result
        }
        define internal i32 @even(i32 %n) {
          %zero = icmp eq i32 %n, 0
          br i1 %zero, label %end, label %more
        more:
          %less = sub i32 %n, 1
          %odd = call i32 @odd(i32 %less)
          ret i32 %odd
        end:
          ret i32 1
        }
        define internal i32 @odd(i32 %n) {
          %result = call i32 @even(i32 %n)
          ret i32 %result
        }
        """;

    /// <summary>Copies a number of bytes that is only known at run time.</summary>
    public const string Copying = Header + """
        define i32 @prog(ptr %context) section "socket" {
          %from = alloca [64 x i8], align 8
          %to = alloca [64 x i8], align 8
          %length = load i32, ptr %context
          call void @llvm.memset.p0.i64(ptr %from, i8 7, i64 64, i1 false)
          call void @llvm.memset.p0.i64(ptr %to, i8 1, i64 64, i1 false)
          %short = and i32 %length, 63
          %count = zext i32 %short to i64
          call void @llvm.memcpy.p0.p0.i64(ptr %to, ptr %from, i64 %count, i1 false)
          %index = load i32, ptr %context
          %low = and i32 %index, 63
          %wide = zext i32 %low to i64
          %at = getelementptr i8, ptr %to, i64 %wide
          %byte = load i8, ptr %at
          %result = zext i8 %byte to i32
          ret i32 %result
        }
        declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
        declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
        """;

    /// <summary>Calls what nobody defines.</summary>
    public const string Unresolved = Header + """
        define i32 @prog(ptr %context) section "socket" {
          %result = call i32 @nowhere(ptr %context)
          ret i32 %result
        }
        declare i32 @nowhere(ptr)
        """;

    /// <summary>Needs 800 bytes of stack.</summary>
    public const string Deep = Header + """
        define i32 @prog(ptr %context) section "socket" {
          %array = alloca [100 x i64], align 8
          %index = load i32, ptr %context
          %low = urem i32 %index, 100
          %wide = zext i32 %low to i64
          %at = getelementptr [100 x i64], ptr %array, i64 0, i64 %wide
          store volatile i64 5, ptr %at
          call void asm sideeffect "", "r,~{memory}"(ptr %array)
          %value = load volatile i32, ptr %at
          ret i32 %value
        }
        """;
}
