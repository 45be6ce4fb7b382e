namespace NJepa.Masking.Tests;

public sealed class SampleArgumentsTests
{
    private static readonly PatchGrid s_grid = new(14, 14);

    public static TheoryData<MaskingOptions> AllOptions() => [MultiBlockMasking.Paper, RandomPatchMasking.Mae, SingleBlockMasking.Ablation, RowStripMasking.Default];

    [Theory]
    [MemberData(nameof(AllOptions))]
    public void Every_sampler_refuses_a_batch_that_is_none(MaskingOptions options)
    {
        IMaskSampler sampler = options.CreateSampler(s_grid);

        Refused(() => sampler.Sample(1, 0, []), "sampleIndices is empty; a batch needs at least one image. (Parameter 'sampleIndices')");
        Refused(() => sampler.Sample(1, -1, [0]), "step is -1; steps are counted from 0. (Parameter 'step')");
        Refused(() => sampler.Sample(1, 0, [0, 1], 2, 1), "start is 2; it must be 0 to 1, a position in the batch of 2 images. (Parameter 'start')");
        Refused(() => sampler.Sample(1, 0, [0, 1], -1, 1), "start is -1; it must be 0 to 1, a position in the batch of 2 images. (Parameter 'start')");
        Refused(() => sampler.Sample(1, 0, [0, 1], 1, 2), "count is 2; it must be 1 to 1, the images of the batch from position 1 on. (Parameter 'count')");
        Refused(() => sampler.Sample(1, 0, [0, 1], 0, 0), "count is 0; it must be 1 to 2, the images of the batch from position 0 on. (Parameter 'count')");
    }

    [Fact]
    public void A_batch_larger_than_an_array_is_refused()
    {
        Refused(
            () => SampleArguments.Rows(1 << 20, 1 << 12),
            "A batch of 1048576 images with 4096 patches each is larger than an array can be. Sample fewer images at a time.");
    }

    [Fact]
    public void A_sampler_of_ones_own_needs_only_one_method()
    {
        IMaskSampler sampler = new FirstPatchSampler();

        sampler.Sample(1, 2, [5, 6]).BatchSize.Should().Be(2);
    }

    private static void Refused(Action action, string message) => action.Should().Throw<ArgumentException>().Which.Message.Should().Be(message);

    private sealed class FirstPatchSampler : IMaskSampler
    {
        public PatchGrid Grid { get; } = new(2, 2);

        public int TargetBlocks => 1;

        public MaskBatch Sample(ulong seed, long step, ReadOnlySpan<long> sampleIndices, int start, int count) =>
            new(Grid, count, 1, new int[count], [.. Enumerable.Repeat(3, count)]);
    }
}
