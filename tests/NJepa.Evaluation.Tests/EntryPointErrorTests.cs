namespace NJepa.Evaluation.Tests;

/// <summary>Every way to classify cached features refuses sets that cannot be classified, in the same words.</summary>
public sealed class EntryPointErrorTests : TensorTest
{
    private static readonly Dictionary<string, Action<FeatureSet, FeatureSet>> EntryPoints = new()
    {
        ["neighbours"] = (train, test) => NearestNeighbours.Evaluate(train, test, new NearestNeighboursOptions { Neighbours = [1] }),
        ["logistic"] = (train, test) => LinearProbe.Evaluate(train, test),
        ["gradient"] = (train, test) => LinearProbe.Evaluate(train, test, new GradientProbeOptions { Epochs = 1 }),
        ["I-JEPA"] = (train, test) => LinearProbe.Evaluate(train, test, LinearProbeOptions.IJepa),
        ["low-shot"] = (train, test) => LowShot.Evaluate(train, test, LowShotOptions.Default with { Budgets = [LabelBudget.PerClass(1)] }),
    };

    public static TheoryData<string> Names => [.. EntryPoints.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Unlabelled_images_are_refused(string name)
    {
        Refused(name, Features.Unlabelled([1, 2, 3, 4], 1), Good(), "4 of the 4 images of the training set have no class; every image needs one. *put the images of each class into a folder of its own.");
        Refused(name, Good(), Features.Unlabelled([1, 2, 3, 4], 1), "4 of the 4 images of the test set have no class; every image needs one. *");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void One_class_is_refused(string name) =>
        Refused(name, Features.Of([1, 2, 3], 1, 0, 0, 0), Good(), "The training set has images of one class only ('class0'); telling classes apart needs at least two. *");

    [Theory]
    [MemberData(nameof(Names))]
    public void Classes_that_differ_are_named(string name) => Refused(
        name,
        Good(),
        new FeatureSet([1, 2], 1, [0, 1], ["class0", "Class1"]),
        "The training set and the test set do not have the same classes. Only in the training set: 'class1'. Only in the test set: 'Class1'. Classes are matched by name *");

    [Theory]
    [MemberData(nameof(Names))]
    public void Widths_that_differ_are_named(string name) => Refused(
        name, Good(), Features.Of([1, 2, 3, 4], 2, 0, 1), "The training set has 1 features per image and the test set 2; both must come from the same encoder with the same settings.");

    [Theory]
    [InlineData("logistic")]
    [InlineData("gradient")]
    [InlineData("I-JEPA")]
    public void A_class_with_one_image_cannot_be_split_for_validation(string name) =>
        Refused(name, Features.Of([1, 2, 3], 1, 0, 0, 1), Good(), "Every class of the training set needs at least 2 images; too few in 'class1' (1). Add images to these classes or leave the classes out.");

    [Theory]
    [InlineData("neighbours")]
    [InlineData("low-shot")]
    public void A_class_with_one_image_is_enough_for_what_needs_no_validation(string name)
    {
        Action evaluate = () => EntryPoints[name](Features.Of([1, 2, 30], 1, 0, 0, 1), Good());
        evaluate.Should().NotThrow();
    }

    private static FeatureSet Good() => Features.Of([1, 2, 30, 40], 1, 0, 0, 1, 1);

    private static void Refused(string name, FeatureSet train, FeatureSet test, string message)
    {
        Action evaluate = () => EntryPoints[name](train, test);
        evaluate.Should().Throw<EvaluationException>().WithMessage(message);
    }
}
