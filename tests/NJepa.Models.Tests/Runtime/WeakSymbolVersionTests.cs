using NJepa.Build;

namespace NJepa.Models.Tests.Runtime;

public sealed class WeakSymbolVersionTests
{
    [Fact]
    public void An_unused_need_is_marked_and_only_its_flag_changes()
    {
        byte[] before = ElfImage.LikeTorchSharp().ToBytes();
        byte[] after = (byte[])before.Clone();

        Mark(after, out string reason).Should().Be(WeakVersionOutcome.Marked);

        reason.Should().BeEmpty();
        int[] changed = Enumerable.Range(0, before.Length).Where(i => before[i] != after[i]).ToArray();
        changed.Should().HaveCount(1);
        (before[changed[0]], after[changed[0]]).Should().Be(((byte)0, (byte)2));
        ElfVersionNeeds.Read(after).Needs.Select(need => (need.Library, need.Name, need.IsWeak)).Should().Equal(
            ("libstdc++.so.6", "GLIBCXX_3.4.30", false),
            ("libstdc++.so.6", "GLIBCXX_3.4.32", true),
            ("libstdc++.so.6", "GLIBCXX_3.4", false));
    }

    [Fact]
    public void A_marked_file_is_left_as_it_is() =>
        ShouldStay(ElfImage.LikeTorchSharp().Weak(ElfImage.Version), WeakVersionOutcome.AlreadyWeak, "");

    [Fact]
    public void A_file_without_the_need_is_left_as_it_is() =>
        ShouldStay(new ElfImage().With("_ZNSo3putEc", "GLIBCXX_3.4", relocated: true), WeakVersionOutcome.NotNeeded, "");

    [Fact]
    public void A_file_in_which_another_symbol_needs_the_version_is_left_as_it_is() =>
        ShouldStay(
            ElfImage.LikeTorchSharp().With("_ZSt9somethingv", ElfImage.Version),
            WeakVersionOutcome.Refused,
            "the symbol _ZSt9somethingv needs it too");

    [Fact]
    public void A_file_that_uses_the_symbol_is_left_as_it_is() =>
        ShouldStay(
            new ElfImage().With(ElfImage.Symbol, ElfImage.Version, relocated: true),
            WeakVersionOutcome.Refused,
            "a relocation refers to _ZSt21ios_base_library_initv");

    [Fact]
    public void A_file_that_defines_the_symbol_is_left_as_it_is() =>
        ShouldStay(
            new ElfImage().With(ElfImage.Symbol, ElfImage.Version, defined: true),
            WeakVersionOutcome.Refused,
            "the symbol _ZSt21ios_base_library_initv is defined in the file");

    [Theory]
    [InlineData(0, 0, "not an ELF file")]
    [InlineData(4, 1, "not a 64-bit little-endian ELF file")]
    [InlineData(5, 2, "not a 64-bit little-endian ELF file")]
    [InlineData(47, 0x80, "an offset or size points outside the file")]
    [InlineData(58, 40, "section headers of 40 bytes where 64 were expected")]
    [InlineData(60, 0, "no section headers")]
    public void A_damaged_header_is_named(int offset, byte value, string reason)
    {
        byte[] file = ElfImage.LikeTorchSharp().ToBytes();
        file[offset] = value;

        Mark(file, out string said).Should().Be(WeakVersionOutcome.Refused);

        said.Should().Be(reason);
    }

    [Fact]
    public void A_file_cut_off_anywhere_is_refused()
    {
        byte[] whole = ElfImage.LikeTorchSharp().ToBytes();
        for (int length = 0; length < whole.Length; length++)
        {
            Mark(whole[..length], out _).Should().Be(WeakVersionOutcome.Refused, "only {0} of {1} bytes are there", length, whole.Length);
        }
    }

    [Fact]
    public void Any_single_wrong_byte_is_survived_and_at_most_the_flag_is_written()
    {
        byte[] whole = ElfImage.LikeTorchSharp().ToBytes();
        for (int offset = 0; offset < whole.Length; offset++)
        {
            foreach (byte value in (byte[])[0x00, 0x01, 0x7f, 0xff])
            {
                byte[] damaged = (byte[])whole.Clone();
                damaged[offset] = value;
                byte[] after = (byte[])damaged.Clone();

                WeakVersionOutcome outcome = Mark(after, out _);

                int changes = damaged.Zip(after).Count(pair => pair.First != pair.Second);
                changes.Should().Be(outcome == WeakVersionOutcome.Marked ? 1 : 0, "byte {0} was {1}", offset, value);
            }
        }
    }

    [Fact]
    public void The_library_that_was_loaded_on_Linux_is_marked_and_marking_the_original_gives_it_back()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        byte[] file = File.ReadAllBytes(NJepaRuntime.GetInfo().TorchSharpLibraryPath);
        VersionNeed need = ElfVersionNeeds.Read(file).Needs.Should().ContainSingle(need => need.Name == ElfImage.Version).Subject;
        need.IsWeak.Should().BeTrue();

        byte[] original = (byte[])file.Clone();
        original[need.FlagsOffset] = 0;
        Mark(original, out _).Should().Be(WeakVersionOutcome.Marked);
        original.AsSpan().SequenceEqual(file).Should().BeTrue();
    }

    private static WeakVersionOutcome Mark(byte[] file, out string reason) =>
        ElfVersionNeeds.MarkWeak(file, ElfImage.Version, ElfImage.Symbol, out reason);

    private static void ShouldStay(ElfImage image, WeakVersionOutcome outcome, string reason)
    {
        byte[] before = image.ToBytes();
        byte[] after = (byte[])before.Clone();
        Mark(after, out string said).Should().Be(outcome);
        said.Should().Be(reason);
        after.Should().Equal(before);
    }
}
