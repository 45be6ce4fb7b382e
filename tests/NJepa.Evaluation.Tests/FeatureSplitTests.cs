namespace NJepa.Evaluation.Tests;

public sealed class FeatureSplitTests
{
    private static readonly FeatureSet Set = Features.Of([.. Enumerable.Range(0, 35).Select(i => (float)i)], 1, [.. Enumerable.Range(0, 35).Select(i => i < 25 ? 0 : i < 33 ? 1 : 2)]);

    [Fact]
    public void Every_class_is_split_in_the_same_proportion_and_no_image_is_lost_or_shared()
    {
        (FeatureSet train, FeatureSet test) = FeatureSplit.Stratified(Set, 0.2, seed: 3);

        test.ClassCounts.Should().Equal(5, 2, 1);
        train.ClassCounts.Should().Equal(20, 6, 1);
        train.Values.Concat(test.Values).Order().Should().Equal(Set.Values);
        train.Values.Should().BeInAscendingOrder();
    }

    [Fact]
    public void The_seed_decides_the_split()
    {
        int[] first = FeatureSplit.StratifiedIndices(Set, 0.3, seed: 1).Test;

        FeatureSplit.StratifiedIndices(Set, 0.3, seed: 1).Test.Should().Equal(first);
        FeatureSplit.StratifiedIndices(Set, 0.3, seed: 2).Test.Should().NotEqual(first);
    }

    [Fact]
    public void A_class_with_one_image_cannot_be_split()
    {
        Action act = () => FeatureSplit.Stratified(Features.Of([1, 2, 3], 1, 0, 0, 1), 0.5);

        act.Should().Throw<EvaluationException>().WithMessage(
            "Every class of the set to split needs at least 2 images; too few in 'class1' (1). Add images to these classes or leave the classes out.");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void A_fraction_that_leaves_one_side_empty_is_refused(double fraction)
    {
        Action act = () => FeatureSplit.Stratified(Set, fraction);

        act.Should().Throw<ArgumentOutOfRangeException>().WithMessage("The fraction must lie between 0 and 1, both excluded.*");
    }

    [Fact]
    public void A_low_shot_draw_takes_the_same_number_of_every_class_and_the_seed_decides_which()
    {
        FeatureSet first = FeatureSplit.TakePerClass(Set, 2, seed: 1);

        first.ClassCounts.Should().Equal(2, 2, 2);
        FeatureSplit.TakePerClass(Set, 2, seed: 1).Values.Should().Equal(first.Values);
        FeatureSplit.TakePerClass(Set, 2, seed: 2).Values.Should().NotEqual(first.Values);
    }
}
