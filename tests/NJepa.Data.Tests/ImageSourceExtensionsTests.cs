using NJepa.Data.Tests.Support;

namespace NJepa.Data.Tests;

public sealed class ImageSourceExtensionsTests
{
    private static readonly MemorySource Source = new([.. Enumerable.Range(0, 101).Select(_ => new byte[] { 1 })]);

    [Fact]
    public void A_subset_shows_the_chosen_images_in_the_chosen_order()
    {
        IImageSource subset = Source.Subset([5, 2]);

        subset.Count.Should().Be(2);
        subset.GetName(0).Should().Be("image 5");
        subset.GetLabel(1).Should().Be(0);
        subset.ClassNames.Should().Equal("even", "odd");
        using Stream stream = subset.OpenRead(0);
        stream.Length.Should().Be(1);
    }

    [Fact]
    public void A_subset_of_what_is_not_there_is_refused()
    {
        FluentActions.Invoking(() => Source.Subset([101])).Should().Throw<ArgumentOutOfRangeException>()
            .WithMessage("Index 101 is not in the source, which has 101 images (0 to 100).*");
    }

    [Fact]
    public void A_random_split_is_stratified_complete_and_repeatable()
    {
        (IImageSource train, IImageSource test) = Source.SplitRandomly(0.2, seed: 3);

        (train.Count + test.Count).Should().Be(101);
        Names(train).Concat(Names(test)).Should().OnlyHaveUniqueItems();
        Labels(test).Count(label => label == 0).Should().Be(10);
        Labels(test).Count(label => label == 1).Should().Be(10);
        Names(Source.SplitRandomly(0.2, seed: 3).Test).Should().Equal(Names(test));
        Names(Source.SplitRandomly(0.2, seed: 4).Test).Should().NotEqual(Names(test));
    }

    [Theory]
    [InlineData(0.001, 1)]
    [InlineData(0.999, 3)]
    public void Each_part_of_a_split_gets_an_image_of_each_class(double fraction, int inTest)
    {
        (IImageSource train, IImageSource test) = Source.Subset([0, 2, 4, 6]).SplitRandomly(fraction);

        test.Count.Should().Be(inTest);
        train.Count.Should().Be(4 - inTest);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void A_split_fraction_out_of_range_is_refused(double fraction)
    {
        FluentActions.Invoking(() => Source.SplitRandomly(fraction)).Should().Throw<ArgumentOutOfRangeException>()
            .WithMessage($"The test fraction is {fraction}; it must be above 0 and below 1.*");
    }

    [Fact]
    public void A_few_images_of_each_class_are_nested_in_more_of_them()
    {
        IImageSource few = Source.TakePerClass(3, seed: 1);
        IImageSource more = Source.TakePerClass(10, seed: 1);

        Labels(few).Should().BeEquivalentTo([0, 0, 0, 1, 1, 1]);
        Names(few).Should().BeSubsetOf(Names(more));
        Source.TakePerClass(1000).Count.Should().Be(101);
        FluentActions.Invoking(() => Source.TakePerClass(0)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("0 images per class were asked for; at least 1 is needed.*");
    }

    [Fact]
    public void The_fingerprint_changes_with_any_image_or_label()
    {
        string fingerprint = Source.ComputeFingerprint();

        fingerprint.Should().MatchRegex("^[0-9a-f]{64}$");
        Source.ComputeFingerprint().Should().Be(fingerprint);
        Source.Subset(Enumerable.Range(0, 100)).ComputeFingerprint().Should().NotBe(fingerprint);
        new MemorySource(Enumerable.Range(0, 101).Select(_ => new byte[1]).ToArray()) { ClassNames = ["even", "odd!"] }.ComputeFingerprint().Should().NotBe(fingerprint);
    }

    private static string[] Names(IImageSource source) => [.. Enumerable.Range(0, source.Count).Select(source.GetName)];

    private static int[] Labels(IImageSource source) => [.. Enumerable.Range(0, source.Count).Select(source.GetLabel)];
}
