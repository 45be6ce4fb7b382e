namespace NJepa.Evaluation.Tests;

public sealed class FeatureSetTests
{
    [Fact]
    public void Rows_labels_and_counts_are_those_given()
    {
        var set = new FeatureSet([1, 2, 3, 4, 5, 6], 2, [1, 0, 1], ["cat", "dog", "owl"]);

        set.Count.Should().Be(3);
        set.Row(1).ToArray().Should().Equal(3, 4);
        set.ClassCounts.Should().Equal(1, 2, 0);
        set.IsLabelled.Should().BeTrue();
        set.ToString().Should().Be("3 images x 2 features, 3 classes");
    }

    [Fact]
    public void A_set_without_classes_is_allowed_and_says_that_it_is_unlabelled() =>
        Features.Unlabelled([1, 2, 3, 4], 2).IsLabelled.Should().BeFalse();

    [Fact]
    public void Chosen_rows_keep_their_order_and_all_class_names()
    {
        FeatureSet chosen = new FeatureSet([1, 2, 3, 4, 5, 6], 2, [1, 0, 1], ["cat", "dog", "owl"]).Select([2, 0]);

        chosen.Values.Should().Equal(5, 6, 1, 2);
        chosen.Labels.Should().Equal(1, 1);
        chosen.SourceIndices.Should().Equal(2, 0);
        chosen.Select([1]).SourceIndices.Should().Equal(0);
        chosen.ClassNames.Should().Equal("cat", "dog", "owl");
    }

    [Fact]
    public void All_problems_of_the_shapes_are_listed_at_once()
    {
        Action act = () => _ = new FeatureSet([1, 2, 3], 2, [0, 7], ["cat", "cat", ""], [1]);

        act.Should().Throw<ArgumentException>().Which.Message.Should().StartWith(
            "The features are not valid: There are 3 values, but 2 labels x width 2 makes 4. "
            + "Label 1 is 7; with 3 classes it must be from 0 to 2, or -1 for an unlabelled image. "
            + "A class name is empty; every class needs a name. Class names must differ; repeated: 'cat'. "
            + "There are 1 source indices, but 2 labels; give one per image, or none.");
    }

    [Fact]
    public void No_images_at_all_are_refused()
    {
        Action act = () => _ = new FeatureSet([], 0, [], []);

        act.Should().Throw<ArgumentException>().Which.Message.Should().StartWith(
            "The features are not valid: The width is 0; it must be at least 1. There are no labels, so no images; give at least one image.");
    }

    [Fact]
    public void Features_that_are_not_finite_are_refused_with_their_place()
    {
        Action act = () => Features.Unlabelled([1, 2, 3, float.NaN, float.PositiveInfinity, 6], 3);

        act.Should().Throw<EvaluationException>().WithMessage(
            "2 of 6 features are not finite; the first is NaN, feature 0 of image 1. Every feature must be finite. "
            + "The encoder has probably diverged: look at the loss curve, lower the learning rate, and extract the features again.");
    }

    [Fact]
    public void A_row_that_does_not_exist_is_refused()
    {
        FeatureSet set = Features.Unlabelled([1, 2], 1);

        Action act = () => set.Row(2);

        act.Should().Throw<ArgumentOutOfRangeException>().WithMessage("There are 2 rows; the index must be from 0 to 1.*");
    }
}
